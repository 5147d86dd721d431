import { read, sql, write } from '../database/sql.js';
import type { CountRow } from '../database/kept-kind.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { REWRAP } from './customer.transition.js';

// The tenant is named for an owner whom row-level security does not confine.
const countKeys = read(
  'kept-customers.countKeys',
  sql`SELECT key_generation(wrapped_key) AS generation, count(*)::int AS kept FROM customers
       WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1`,
);

/** How many customers' data keys are wrapped under which generation. */
export async function countWrappedKeys(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(countKeys, {});
}

export interface WrappedKeyRow {
  readonly id: string;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
}

const nextKeys = read(
  'kept-customers.nextKeys',
  sql`SELECT id, key_id, wrapped_key FROM customers
       WHERE tenant_id = current_setting('countersign.tenant') AND id > :after ORDER BY id LIMIT :most`,
);

/** Customers' wrapped data keys, in the order of the customers' ids. */
export async function nextWrappedKeys(db: TenantHandle, after: string, most: number): Promise<WrappedKeyRow[]> {
  return db.query<WrappedKeyRow>(nextKeys, { after, most });
}

export interface RewrappedKey {
  readonly row: WrappedKeyRow;
  readonly wrapped: Buffer;
}

const rewrap = write('kept-customers.rewrap', sql`${REWRAP}`);

/** Writes wrapped keys in the place of what was read; a customer who was shredded, or is held by somebody, stays as they are. */
export async function rewrapKeys(db: TenantHandle, keys: readonly RewrappedKey[]): Promise<number> {
  const rows = await db.query(rewrap, {
    ids: keys.map(({ row }) => row.id),
    was: keys.map(({ row }) => row.wrapped_key),
    wrapped: keys.map(({ wrapped }) => wrapped),
  });
  return rows.length;
}

const countHashes = read(
  'kept-customers.countHashes',
  sql`SELECT key_generation(value_hash) AS generation, count(*)::int AS kept FROM contact_points
       WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1`,
);

/** How many numbers are found by a hash under which generation. */
export async function countNumberHashes(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(countHashes, {});
}

export interface NumberHashRow {
  readonly id: string;
  readonly customer_id: string;
  readonly value_sealed: Buffer;
  readonly value_hash: Buffer;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
}

const nextHashes = read(
  'kept-customers.nextHashes',
  sql`
  SELECT p.id, p.customer_id, p.value_sealed, p.value_hash, c.key_id, c.wrapped_key
    FROM contact_points p JOIN customers c ON c.tenant_id = p.tenant_id AND c.id = p.customer_id
   WHERE p.tenant_id = current_setting('countersign.tenant') AND p.kind = 'phone' AND p.id > :after::uuid
   ORDER BY p.id LIMIT :most`,
);

/** Numbers with what opens them, in the order of their ids. */
export async function nextNumberHashes(db: TenantHandle, after: string, most: number): Promise<NumberHashRow[]> {
  return db.query<NumberHashRow>(nextHashes, { after, most });
}

export interface RemadeHash {
  readonly row: NumberHashRow;
  readonly hash: Buffer;
}

// Whoever replaces a customer's numbers holds the customer, and so does this: neither sees half of the other.
const rehash = write(
  'kept-customers.rehash',
  sql`
  WITH held AS (
    SELECT g.id, g.was, g.hash
      FROM unnest(:ids::uuid[], :customerIds::text[], :was::bytea[], :hashes::bytea[]) AS g (id, customer_id, was, hash)
      JOIN customers c ON c.tenant_id = current_setting('countersign.tenant') AND c.id = g.customer_id
       FOR NO KEY UPDATE OF c SKIP LOCKED
  )
  UPDATE contact_points p SET value_hash = h.hash FROM held h
   WHERE p.tenant_id = current_setting('countersign.tenant') AND p.id = h.id AND p.value_hash = h.was
  RETURNING p.id`,
);

/** Writes hashes in the place of those that were read; numbers of a customer whom somebody holds stay as they are. */
export async function rehashNumbers(db: TenantHandle, remade: readonly RemadeHash[]): Promise<number> {
  const rows = await db.query(rehash, {
    ids: remade.map(({ row }) => row.id),
    customerIds: remade.map(({ row }) => row.customer_id),
    was: remade.map(({ row }) => row.value_hash),
    hashes: remade.map(({ hash }) => hash),
  });
  return rows.length;
}
