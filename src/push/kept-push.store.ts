import type { CountRow } from '../database/kept-kind.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

// The tenant is named for an owner whom row-level security does not confine.
const count = read(
  'kept-push.count',
  sql`SELECT key_generation(address_hash) AS generation, count(*)::int AS kept FROM push_subscriptions
       WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1`,
);

/** How many subscriptions are found by a hash under which generation. */
export async function countAddressHashes(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}

export interface AddressRow {
  readonly id: string;
  readonly customer_id: string;
  readonly sealed_under: string;
  readonly address_sealed: Buffer;
  readonly address_hash: Buffer;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
}

const next = read(
  'kept-push.next',
  sql`
  SELECT s.id, s.customer_id, s.key_id AS sealed_under, s.address_sealed, s.address_hash, c.key_id, c.wrapped_key
    FROM push_subscriptions s JOIN customers c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
   WHERE s.tenant_id = current_setting('countersign.tenant') AND s.id > :after::uuid ORDER BY s.id LIMIT :most`,
);

/** Subscriptions with what opens them, in the order of their ids. */
export async function nextAddresses(db: TenantHandle, after: string, most: number): Promise<AddressRow[]> {
  return db.query<AddressRow>(next, { after, most });
}

export interface RemadeAddressHash {
  readonly row: AddressRow;
  readonly hash: Buffer;
}

const rehash = write(
  'kept-push.rehash',
  sql`
  WITH held AS (
    SELECT g.* FROM unnest(:ids::uuid[], :was::bytea[], :sealed::bytea[], :hashes::bytea[]) AS g (id, was, sealed, hash)
      JOIN push_subscriptions s ON s.tenant_id = current_setting('countersign.tenant') AND s.id = g.id
       FOR UPDATE OF s SKIP LOCKED
  )
  UPDATE push_subscriptions s SET address_hash = h.hash FROM held h
   WHERE s.tenant_id = current_setting('countersign.tenant') AND s.id = h.id AND s.address_hash = h.was AND s.address_sealed = h.sealed
  RETURNING s.id`,
);

/** Writes hashes in the place of those that were read; a subscription that was renewed or removed meanwhile stays as it is. */
export async function rehashAddresses(db: TenantHandle, remade: readonly RemadeAddressHash[]): Promise<number> {
  const rows = await db.query(rehash, {
    ids: remade.map(({ row }) => row.id),
    was: remade.map(({ row }) => row.address_hash),
    sealed: remade.map(({ row }) => row.address_sealed),
    hashes: remade.map(({ hash }) => hash),
  });
  return rows.length;
}
