import { statement, type TenantHandle } from './tenant-database.js';

// A claim that is a minute old belongs to a process that died: the next request takes it over.
const claim = statement('idempotency.claim', `
  WITH claimed AS (
    INSERT INTO idempotency_keys AS k (subject, key, fingerprint, claim, claimed_until)
    VALUES (:subject, :key, :fingerprint, :claim, now() + interval '60 seconds')
    ON CONFLICT (tenant_id, subject, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until, response_sealed = NULL, created_at = now()
     WHERE k.created_at < now() - interval '24 hours' OR (k.response_sealed IS NULL AND k.claimed_until < now() AND k.fingerprint = excluded.fingerprint)
    RETURNING claim
  )
  SELECT EXISTS (SELECT FROM claimed) AS claimed, k.fingerprint = :fingerprint AS same, k.response_sealed
    FROM (SELECT) one LEFT JOIN idempotency_keys k ON k.subject = :subject AND k.key = :key`);

export interface ClaimRow {
  readonly claimed: boolean;
  readonly same: boolean | null;
  readonly response_sealed: Buffer | null;
}

/** Claims a key, or says what stands under it already. */
export async function claimKey(db: TenantHandle, values: { subject: string; key: string; fingerprint: Buffer; claim: string }): Promise<ClaimRow> {
  const [row] = await db.query<ClaimRow>(claim, values);
  return row!;
}

const keep = statement('idempotency.keep', `
  UPDATE idempotency_keys SET response_sealed = :sealed WHERE subject = :subject AND key = :key AND claim = :claim`);

export async function keepResponse(db: TenantHandle, values: { subject: string; key: string; claim: string; sealed: Buffer }): Promise<void> {
  await db.query(keep, values);
}

const release = statement('idempotency.release', `
  DELETE FROM idempotency_keys WHERE subject = :subject AND key = :key AND claim = :claim`);

export async function releaseKey(db: TenantHandle, values: { subject: string; key: string; claim: string }): Promise<void> {
  await db.query(release, values);
}

const forget = statement('idempotency.forgetOld', `
  DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT :most))`);

export async function forgetOldKeys(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { most });
}
