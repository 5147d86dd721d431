import type { CountRow } from '../database/kept-kind.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { SigningKeyRow } from './signing-keys.store.js';

// The tenant is named for an owner whom row-level security does not confine.
const count = read(
  'kept-signing-keys.count',
  sql`SELECT key_generation(mac) AS generation, count(*)::int AS kept FROM signing_keys
       WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1`,
);

/** How many public keys are vouched for under which generation. */
export async function countVouchers(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}

export interface VouchedKeyRow extends SigningKeyRow {
  readonly id: string;
}

const next = read(
  'kept-signing-keys.next',
  sql`SELECT key_id AS id, key_id, public_jwk, mac, first_used_at FROM signing_keys
       WHERE tenant_id = current_setting('countersign.tenant') AND key_id > :after ORDER BY key_id LIMIT :most`,
);

/** Public keys with what vouches for them, in the order of their ids. */
export async function nextVouchedKeys(db: TenantHandle, after: string, most: number): Promise<VouchedKeyRow[]> {
  return db.query<VouchedKeyRow>(next, { after, most });
}

export interface RevouchedKey {
  readonly row: VouchedKeyRow;
  readonly mac: Buffer;
}

const revouch = write(
  'kept-signing-keys.revouch',
  sql`
  UPDATE signing_keys k SET mac = g.mac
    FROM unnest(:ids::text[], :was::bytea[], :publicJwks::jsonb[], :macs::bytea[]) AS g (id, was, public_jwk, mac)
   WHERE k.tenant_id = current_setting('countersign.tenant') AND k.key_id = g.id AND k.mac = g.was AND k.public_jwk = g.public_jwk
  RETURNING k.key_id`,
);

/** Vouches for keys that are still as they were read. */
export async function revouchKeys(db: TenantHandle, revouched: readonly RevouchedKey[]): Promise<number> {
  const rows = await db.query(revouch, {
    ids: revouched.map(({ row }) => row.key_id),
    was: revouched.map(({ row }) => row.mac),
    publicJwks: revouched.map(({ row }) => JSON.stringify(row.public_jwk)),
    macs: revouched.map(({ mac }) => mac),
  });
  return rows.length;
}
