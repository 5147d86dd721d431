import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

// By the key alone, from its end: it costs as many rows as are counted, however long the log is.
const lately = read(
  'writtenEvents.lately',
  sql`
  SELECT count(*)::int AS written FROM (SELECT FROM events WHERE id >= uuid7_floor(now() - interval '1 second') LIMIT :most) e`,
);

/** How many events of the tenant were written in the last second and are committed; counted to `most` and no further. */
export async function countWrittenLately(db: TenantHandle, most: number): Promise<number> {
  const [row] = await db.query<{ written: number }>(lately, { most });
  return row!.written;
}
