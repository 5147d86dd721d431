import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { RefusalCause } from './answer.payload.js';

export interface DiagnosisRow {
  readonly failed: RefusalCause;
  readonly verification_id: string;
  readonly names_device: boolean;
  readonly device_known: boolean;
  readonly device_of_customer: boolean;
  readonly device_revoked: boolean;
  readonly recorded_at: Date;
  readonly expires_at: Date;
}

const find = read(
  'diagnostics.find',
  sql`
  SELECT t.failed, t.verification_id, t.device_id IS NOT NULL AS names_device, d.id IS NOT NULL AS device_known,
    d.customer_id IS NOT DISTINCT FROM v.customer_id AS device_of_customer, d.revoked_at IS NOT NULL AS device_revoked,
    t.recorded_at, t.expires_at
    FROM diagnostics t
    JOIN verifications v ON v.id = t.verification_id
    LEFT JOIN devices d ON d.id = t.device_id
   WHERE t.trace_id = :traceId AND t.expires_at > now()`,
);

/** What was kept of an answer that was not accepted, while it is kept. */
export async function findDiagnosis(db: TenantHandle, traceId: string): Promise<DiagnosisRow | null> {
  const [row] = await db.query<DiagnosisRow>(find, { traceId });
  return row ?? null;
}

const forget = write(
  'diagnostics.forgetOld',
  sql`
  DELETE FROM diagnostics WHERE ctid = ANY(ARRAY(SELECT ctid FROM diagnostics WHERE expires_at < now() LIMIT :most))`,
);

export async function forgetOldDiagnostics(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { most });
}
