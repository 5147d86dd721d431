import { sql, write } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';

// Each unit that is taken in a window has a number of its own, whoever takes it: those up to the quota are good. A row that is locked by
// another is read anew before it is counted on (PostgreSQL, 13.2.1).
const take = write(
  'rateLimits.take',
  sql`
  INSERT INTO rate_limits AS l (name, whose, since, taken) VALUES (:name, :whose, now(), :wanted)
  ON CONFLICT (tenant_id, name, whose) DO UPDATE
    SET taken = CASE WHEN l.since <= now() - interval '1 minute' THEN :wanted::int ELSE l.taken + :wanted::int END,
        since = CASE WHEN l.since <= now() - interval '1 minute' THEN now() ELSE l.since END
  RETURNING l.taken, extract(epoch FROM l.since + interval '1 minute' - now())::float8 AS reset_seconds`,
);

export interface Taken {
  /** All that were taken in this minute, these among them: the number of the last. */
  readonly taken: number;
  readonly reset_seconds: number;
}

/** Takes so many units of a limit, whether or not there are any left. @param whose a keyed hash of the caller. */
export async function takeUnits(
  db: TenantHandle,
  values: { name: string; whose: Buffer; wanted: number },
): Promise<Taken> {
  const [row] = await db.query<Taken>(take, values);
  return row!;
}

const forget = write('rateLimits.forget', sql`DELETE FROM rate_limits WHERE since < now() - interval '10 minutes'`);

/** Forgets windows that are over. */
export async function forgetWindows(db: TenantHandle): Promise<void> {
  await db.query(forget, {});
}
