import type { Ed25519Jwk } from '../crypto/signing-key.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

const keep = write(
  'signing-keys.keep',
  sql`INSERT INTO signing_keys (key_id, public_jwk, mac) VALUES (:keyId, :publicJwk::jsonb, :mac) ON CONFLICT DO NOTHING`,
);

/** Keeps the public half of a key that signs from now on; what it signed stays verifiable when another has taken over. */
export async function keepSigningKey(
  db: TenantHandle,
  key: { keyId: string; publicJwk: Ed25519Jwk; mac: Buffer },
): Promise<void> {
  await db.query(keep, { ...key, publicJwk: JSON.stringify(key.publicJwk) });
}

export interface SigningKeyRow {
  readonly key_id: string;
  readonly public_jwk: Ed25519Jwk;
  readonly mac: Buffer;
  readonly first_used_at: Date;
}

const list = read(
  'signing-keys.list',
  sql`SELECT key_id, public_jwk, mac, first_used_at FROM signing_keys ORDER BY first_used_at DESC, key_id LIMIT 1000`,
);

/** Every key that ever signed for the tenant, newest first. */
export async function listSigningKeys(db: TenantHandle): Promise<SigningKeyRow[]> {
  return db.query<SigningKeyRow>(list, {});
}
