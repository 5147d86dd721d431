import { sql, write } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';

const spend = write(
  'dpopProofs.spend',
  sql`INSERT INTO dpop_proofs (proof) VALUES (:proof) ON CONFLICT DO NOTHING RETURNING 1`,
);

/** Spends a proof, given by a hash; false where it was spent before. */
export async function spendProof(db: TenantHandle, proof: Buffer): Promise<boolean> {
  return (await db.query(spend, { proof })).length === 1;
}

const forget = write(
  'dpopProofs.forgetSpent',
  sql`DELETE FROM dpop_proofs WHERE used_at < now() - interval '10 minutes'`,
);

/** Forgets spent proofs whose nonce is not taken any more: twice its life at least. */
export async function forgetSpentDpopProofs(db: TenantHandle): Promise<void> {
  await db.query(forget, {});
}
