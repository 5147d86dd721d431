import { sql, write } from '../../database/sql.js';
import { hasSqlState, type TenantHandle } from '../../database/tenant-database.js';

/**
 * A claim that is not renewed for so long belongs to a process that died. To take over one that is alive would be safe
 * too, for its answer could not be kept any more; it would be work for nothing.
 */
const LEASE = sql`interval '5 seconds'`;
/** Well within the lease, so that one renewal may come late. */
export const RENEW_EVERY_MS = 2_000;
/** A request that has gone on for so long is not waited for any more. */
const LONGEST = sql`interval '60 seconds'`;
export const KEPT_FOR = sql`interval '24 hours'`;

// `claimed_until` is when a claim lapses; `-infinity` says that the answer stands. An answer with a time is an early one:
// its request may yet add to it, or have died, and then it stands as it is. Who takes over a claim has another `claim`, so
// that the one before can keep nothing any more.
const claim = write(
  'idempotency.claim',
  sql`
  WITH claimed AS (
    INSERT INTO idempotency_keys AS k (subject, key, fingerprint, claim, claimed_until)
    VALUES (:subject, :key, :fingerprint, :claim, now() + ${LEASE})
    ON CONFLICT (tenant_id, subject, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, claim = excluded.claim,
           claimed_until = CASE WHEN k.response_sealed IS NULL OR k.created_at < now() - ${KEPT_FOR} THEN excluded.claimed_until
             ELSE '-infinity' END,
           response_sealed = CASE WHEN k.created_at < now() - ${KEPT_FOR} THEN NULL ELSE k.response_sealed END,
           created_at = CASE WHEN k.response_sealed IS NULL OR k.created_at < now() - ${KEPT_FOR} THEN now() ELSE k.created_at END
     WHERE k.created_at < now() - ${KEPT_FOR}
       OR (k.claimed_until > '-infinity' AND k.claimed_until < now() AND k.fingerprint = excluded.fingerprint)
    RETURNING response_sealed
  )
  SELECT EXISTS (SELECT FROM claimed WHERE response_sealed IS NULL) AS claimed, k.fingerprint = :fingerprint AS same,
         coalesce((SELECT response_sealed FROM claimed), CASE
           WHEN k.claimed_until = '-infinity' THEN k.response_sealed END) AS response_sealed
    FROM (SELECT) one LEFT JOIN idempotency_keys k ON k.subject = :subject AND k.key = :key`,
);

export interface ClaimRow {
  readonly claimed: boolean;
  readonly same: boolean | null;
  readonly response_sealed: Buffer | null;
}

/** Whose claim it is; nobody else's is touched. */
export interface Claim {
  readonly subject: string;
  readonly key: string;
  readonly claim: string;
}

/** Claims a key, or says what stands under it already. */
export async function claimKey(db: TenantHandle, values: Claim & { fingerprint: Buffer }): Promise<ClaimRow> {
  const [row] = await db.query<ClaimRow>(claim, values);
  return row!;
}

const MINE = sql`subject = :subject AND key = :key AND claim = :claim`;

const renew = write(
  'idempotency.renew',
  sql`
  UPDATE idempotency_keys SET claimed_until = now() + ${LEASE} WHERE ${MINE} AND claimed_until > '-infinity'
    AND created_at > now() - ${LONGEST}`,
);

/** Says that the request still runs. */
export async function renewClaim(db: TenantHandle, { subject, key, claim: mine }: Claim): Promise<void> {
  await db.query(renew, { subject, key, claim: mine });
}

const DIVISION_BY_ZERO = '22012';

// Fails where nothing is kept, so that a commit that is sent right behind it commits nothing.
const keep = write(
  'idempotency.keep',
  sql`
  WITH kept AS (
    UPDATE idempotency_keys SET response_sealed = :sealed, customer_id = :customerId,
        claimed_until = CASE WHEN :early THEN now() + ${LEASE} ELSE '-infinity' END
      WHERE ${MINE} RETURNING 1
  )
  SELECT 1 / count(*) AS kept FROM kept`,
);

/** An answer that was destroyed with its customer's data: the key stays spent. */
export function isDestroyed(sealed: Buffer): boolean {
  return sealed.length === 0;
}

/** Keeps the answer, with whom it is about, an early one until there is more to it; false where somebody else has taken the key over, and in a transaction, which then cannot be committed. */
export async function keepResponse(
  db: TenantHandle,
  { subject, key, claim: mine }: Claim,
  { sealed, customerId, early }: { sealed: Buffer; customerId: string | null; early: boolean },
): Promise<boolean> {
  try {
    await db.query(keep, { subject, key, claim: mine, sealed, customerId, early });
    return true;
  } catch (error) {
    if (hasSqlState(error, DIVISION_BY_ZERO)) return false;
    throw error;
  }
}

const settle = write(
  'idempotency.settle',
  sql`
  UPDATE idempotency_keys SET claimed_until = '-infinity' WHERE ${MINE} AND response_sealed IS NOT NULL`,
);

/** Lets an early answer stand. */
export async function settleResponse(db: TenantHandle, { subject, key, claim: mine }: Claim): Promise<void> {
  await db.query(settle, { subject, key, claim: mine });
}

const release = write(
  'idempotency.release',
  sql`
  DELETE FROM idempotency_keys WHERE ${MINE} AND response_sealed IS NULL`,
);

/** Lets the next request under the key begin anew; nothing where an answer was kept, or somebody else has the key. */
export async function releaseKey(db: TenantHandle, { subject, key, claim: mine }: Claim): Promise<void> {
  await db.query(release, { subject, key, claim: mine });
}

const forget = write(
  'idempotency.forgetOld',
  sql`
  DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at < now() - ${KEPT_FOR}
    LIMIT :most))`,
);

export async function forgetOldKeys(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { most });
}
