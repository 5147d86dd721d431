import type { CountRow } from '../../database/kept-kind.js';
import { read, sql } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';
import { KEPT_FOR } from './idempotency.store.js';

// The tenant is named for an owner whom row-level security does not confine.
const count = read(
  'kept-answers.count',
  sql`SELECT key_generation(response_sealed) AS generation, count(*)::int AS kept FROM idempotency_keys
       WHERE tenant_id = current_setting('countersign.tenant') AND response_sealed <> '' AND created_at > now() - ${KEPT_FOR}
       GROUP BY 1 ORDER BY 1`,
);

/** How many answers can still be given again for an Idempotency-Key, by the generation that they are sealed under. */
export async function countKeptAnswers(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}
