import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow } from '../events/event-row.js';
import type { PushKind } from './push-transport.js';

export interface SubscriptionToKeep {
  readonly id: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly kind: PushKind;
  readonly addressSealed: Buffer;
  readonly hash: Buffer;
  /** Under the keys of another generation, while there are two. */
  readonly otherHash: Buffer | null;
  readonly most: number;
  readonly author: string;
}

export interface KeptRow {
  readonly customer_known: boolean;
  /** Null above the number that a customer may have. */
  readonly id: string | null;
  readonly created_at: Date | null;
}

// An address is of one customer: of whoever was the last to subscribe with it, since that is who is signed in there.
const keep = write(
  'push.keep',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND key_id = :keyId FOR UPDATE
  ), others AS (
    SELECT count(*) AS subscriptions FROM push_subscriptions WHERE customer_id = :customerId
       AND address_hash <> :hash AND address_hash IS DISTINCT FROM :otherHash::bytea
  ), renamed AS (
    DELETE FROM push_subscriptions s USING customer, others WHERE s.address_hash = :otherHash AND others.subscriptions < :most
    RETURNING s.id, s.customer_id
  ), kept AS (
    INSERT INTO push_subscriptions AS s (id, customer_id, kind, key_id, address_sealed, address_hash)
    SELECT coalesce((SELECT renamed.id FROM renamed WHERE renamed.customer_id = :customerId), :id), customer.id, :kind, :keyId,
           :addressSealed, :hash
      FROM customer, others WHERE others.subscriptions < :most
    ON CONFLICT (address_hash, tenant_id) DO UPDATE SET
      id = CASE WHEN s.customer_id = excluded.customer_id THEN s.id ELSE excluded.id END,
      customer_id = excluded.customer_id, kind = excluded.kind, key_id = excluded.key_id, address_sealed = excluded.address_sealed,
      created_at = now(), served = s.wanted, attempts = 0
    RETURNING id, customer_id, kind, created_at
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('push.subscribed', sql`customer_id`, { kind: sql`kind`, by: sql`:author::text` })} FROM kept
  )
  SELECT EXISTS (SELECT FROM customer) AS customer_known, kept.id, kept.created_at FROM (SELECT) one LEFT JOIN kept ON true`,
);

/** Keeps a subscription, once for each address; the row says which of the conditions held. */
export async function keepSubscription(db: TenantHandle, subscription: SubscriptionToKeep): Promise<KeptRow> {
  const [row] = await db.query<KeptRow>(keep, { ...subscription });
  return row!;
}

export interface SubscriptionRow {
  readonly id: string;
  readonly kind: PushKind;
  readonly created_at: Date;
}

const ofCustomer = read(
  'push.ofCustomer',
  sql`
  SELECT id, kind, created_at FROM push_subscriptions WHERE customer_id = :customerId AND (:after::uuid IS NULL OR id > :after)
   ORDER BY id LIMIT :most`,
);

/** A customer's subscriptions, oldest first; none for a customer who does not exist. */
export async function listSubscriptions(
  db: TenantHandle,
  values: { customerId: string; after: string | null; most: number },
): Promise<SubscriptionRow[]> {
  return db.query<SubscriptionRow>(ofCustomer, values);
}

const remove = write(
  'push.remove',
  sql`
  WITH removed AS (
    DELETE FROM push_subscriptions WHERE id = :id AND customer_id = :customerId RETURNING customer_id, kind
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('push.unsubscribed', sql`customer_id`, {
      kind: sql`kind`,
      because: sql`'removed'`,
      by: sql`:author::text`,
    })} FROM removed
  )
  SELECT kind FROM removed`,
);

/** False where the customer has no such subscription. */
export async function removeSubscription(
  db: TenantHandle,
  values: { id: string; customerId: string; author: string },
): Promise<boolean> {
  return (await db.query(remove, values)).length === 1;
}
