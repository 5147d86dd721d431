import type { CountRow } from '../database/kept-kind.js';
import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { openQuestion } from './verification.transition.js';

// The tenant is named for an owner whom row-level security does not confine.
const count = read(
  'kept-codes.count',
  sql`SELECT key_generation(v.code_mac) AS generation, count(*)::int AS kept FROM verifications v
       WHERE v.tenant_id = current_setting('countersign.tenant') AND v.code_mac IS NOT NULL AND ${openQuestion(sql`v`)}
       GROUP BY 1 ORDER BY 1`,
);

/** How many codes can still be read out, by the generation that they are compared under. */
export async function countOpenCodes(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}
