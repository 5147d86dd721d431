import { read, readAlsoAtReplica, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';

export interface CustomerKeyRow {
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly locale: string | null;
}

const ensure = write(
  'customer-keys.ensure',
  sql`
  WITH created AS (
    INSERT INTO customers (id, key_id, wrapped_key) VALUES (:customerId, :keyId, :wrappedKey)
    ON CONFLICT DO NOTHING
    RETURNING id, key_id, wrapped_key, locale
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('customer.created', sql`id`, {})} FROM created
  )
  SELECT key_id, wrapped_key, locale FROM created
  UNION ALL
  SELECT key_id, wrapped_key, locale FROM customers WHERE id = :customerId
  LIMIT 1`,
);

/** The customer's key; creates the customer with the one given where there is none. Null only where another process is creating it now. */
export async function ensureCustomerKey(
  db: TenantHandle,
  customerId: string,
  keyId: string,
  wrappedKey: Buffer,
): Promise<CustomerKeyRow | null> {
  const [row] = await db.query<CustomerKeyRow>(ensure, { customerId, keyId, wrappedKey });
  return row ?? null;
}

// The tenant is named for an owner whom row-level security does not confine.
const any = read(
  'customer-keys.any',
  sql`SELECT id, key_id, wrapped_key, locale FROM customers
       WHERE tenant_id = current_setting('countersign.tenant') AND wrapped_key IS NOT NULL LIMIT 1`,
);

/** The key of any one customer who was not shredded. */
export async function findAnyCustomerKey(db: TenantHandle): Promise<(CustomerKeyRow & { id: string }) | null> {
  const [row] = await db.query<CustomerKeyRow & { id: string }>(any, {});
  return row ?? null;
}

const byIds = readAlsoAtReplica(
  'customer-keys.byIds',
  sql`SELECT id, key_id, wrapped_key, locale FROM customers WHERE id = ANY(:customerIds)`,
);

/** The keys of those of the given customers who exist. */
export async function findCustomerKeys(
  db: TenantHandle,
  customerIds: readonly string[],
): Promise<(CustomerKeyRow & { id: string })[]> {
  return db.query<CustomerKeyRow & { id: string }>(byIds, { customerIds });
}
