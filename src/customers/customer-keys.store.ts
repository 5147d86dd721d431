import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

export interface CustomerKeyRow {
  readonly key_id: string;
  readonly wrapped_key: Buffer;
}

const ensure = write(
  'customer-keys.ensure',
  sql`
  WITH created AS (
    INSERT INTO customers (id, key_id, wrapped_key) VALUES (:customerId, :keyId, :wrappedKey)
    ON CONFLICT DO NOTHING
    RETURNING id, key_id, wrapped_key
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT 'countersign.customer.created', 'customer', id, '{}'::jsonb FROM created
  )
  SELECT key_id, wrapped_key FROM created
  UNION ALL
  SELECT key_id, wrapped_key FROM customers WHERE id = :customerId
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

const byIds = read(
  'customer-keys.byIds',
  sql`SELECT id, key_id, wrapped_key FROM customers WHERE id = ANY(:customerIds)`,
);

/** The keys of those of the given customers who exist. */
export async function findCustomerKeys(
  db: TenantHandle,
  customerIds: readonly string[],
): Promise<(CustomerKeyRow & { id: string })[]> {
  return db.query<CustomerKeyRow & { id: string }>(byIds, { customerIds });
}
