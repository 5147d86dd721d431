import type { CountRow } from '../database/kept-kind.js';
import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { openLetter } from './letter.transition.js';

// The tenant is named for an owner whom row-level security does not confine.
const count = read(
  'kept-letters.count',
  sql`SELECT key_generation(l.code_mac) AS generation, count(*)::int AS kept FROM letters l
       WHERE l.tenant_id = current_setting('countersign.tenant') AND ${openLetter(sql`l`)} GROUP BY 1 ORDER BY 1`,
);

/** How many letters' codes can still be used, by the generation that they are compared under. */
export async function countOpenLetters(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}
