import { closedCallbacks, closeUnfinished } from '../callbacks/callback.transition.js';
import { endCalls, endedCalls } from '../calls/call.transition.js';
import { withdrawHeld, withdrawnChanges } from '../changes/change.transition.js';
import { voidedLetters, voidUnspent } from '../changes/letter.transition.js';
import { read, sql, write } from '../database/sql.js';
import { eventRow, fixedData, typeWhere } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { closedQuestions, closeWaiting } from '../verifications/verification.transition.js';
import { SET_LOCALE, UNLOCK } from './customer.transition.js';

const upsert = write(
  'customers.upsert',
  sql`
  INSERT INTO customers (id, key_id, wrapped_key, locale) VALUES (:customerId, :keyId, :wrappedKey, :locale)
  ON CONFLICT (tenant_id, id) DO UPDATE SET locale = excluded.locale
  RETURNING key_id, wrapped_key, (xmax = 0) AS created`,
);

export interface UpsertedRow {
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly created: boolean;
}

/** Creates the customer or updates the locale, and holds the row until the transaction ends. */
export async function upsertCustomer(
  db: TenantHandle,
  values: { customerId: string; keyId: string; wrappedKey: Buffer; locale: string | null },
): Promise<UpsertedRow> {
  const [row] = await db.query<UpsertedRow>(upsert, values);
  return row!;
}

// Where the numbers are set too, their statement writes the event.
const patch = write(
  'customers.patch',
  sql`
  WITH patched AS (
    ${SET_LOCALE}
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('customer.changed', sql`id`, {
      numbersAdded: sql`0`,
      numbersReplaced: sql`0`,
      numbersRedated: sql`0`,
      by: sql`:author::text`,
    })}
      FROM patched WHERE :isLogged::boolean
  )
  SELECT key_id, wrapped_key FROM patched`,
);

/** Sets the locale, where one is given, or clears it, of a customer who exists, and holds the row until the transaction ends; null where there is none. */
export async function patchCustomer(
  db: TenantHandle,
  values: { customerId: string; locale: string | null; clearsLocale: boolean; isLogged: boolean; author: string },
): Promise<Omit<UpsertedRow, 'created'> | null> {
  const [row] = await db.query<Omit<UpsertedRow, 'created'>>(patch, values);
  return row ?? null;
}

// A time in the future counts as now: nothing on file can be older than it is.
const replaceNumbers = write(
  'customers.replaceNumbers',
  sql`
  WITH given AS (
    SELECT * FROM unnest(:hashes::bytea[], :otherHashes::bytea[], :sealed::bytea[], :since::timestamptz[])
      AS g (value_hash, other_hash, value_sealed, since)
  ), gone AS (
    UPDATE contact_points c SET former_from = now()
     WHERE c.customer_id = :customerId AND c.kind = 'phone' AND c.former_from IS NULL
       AND NOT EXISTS (SELECT FROM given g WHERE c.value_hash IN (g.value_hash, g.other_hash))
    RETURNING c.id
  ), kept AS (
    UPDATE contact_points c SET since = LEAST(g.since, now())
      FROM given g
     WHERE c.customer_id = :customerId AND c.kind = 'phone' AND c.former_from IS NULL
       AND c.value_hash IN (g.value_hash, g.other_hash) AND g.since IS NOT NULL AND c.since <> g.since
    RETURNING c.id
  ), added AS (
    INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since)
    SELECT :customerId, 'phone', g.value_sealed, g.value_hash, LEAST(coalesce(g.since, now()), now())
      FROM given g
     WHERE NOT EXISTS (
       SELECT FROM contact_points c
        WHERE c.customer_id = :customerId AND c.kind = 'phone' AND c.former_from IS NULL
          AND c.value_hash IN (g.value_hash, g.other_hash))
    RETURNING id
  )
  INSERT INTO events (type, about, customer_id, data)
  SELECT ${eventRow(typeWhere(sql`:created::boolean`, 'customer.created', 'customer.changed'), sql`:customerId`, {
    numbersAdded: sql`(SELECT count(*) FROM added)`,
    numbersReplaced: sql`(SELECT count(*) FROM gone)`,
    numbersRedated: sql`(SELECT count(*) FROM kept)`,
    by: sql`:author::text`,
  })}`,
);

/** Makes the given numbers the current ones; those that are not among them become former. */
export async function replacePhoneNumbers(
  db: TenantHandle,
  values: {
    customerId: string;
    hashes: Buffer[];
    /** Under the keys of another generation, while there are two. */
    otherHashes: (Buffer | null)[];
    sealed: Buffer[];
    since: (string | null)[];
    created: boolean;
    author: string;
  },
): Promise<void> {
  await db.query(replaceNumbers, values);
}

export interface ContactPointRow {
  readonly id: string;
  readonly value_sealed: Buffer;
  readonly since: Date;
  readonly former_from: Date | null;
}

export interface CustomerRow {
  readonly id: string;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly locale: string | null;
  readonly locked_at: Date | null;
  readonly created_at: Date;
}

const byId = read(
  'customers.byId',
  sql`SELECT id, key_id, wrapped_key, locale, locked_at, created_at FROM customers WHERE id = :customerId`,
);

export async function findCustomer(db: TenantHandle, customerId: string): Promise<CustomerRow | null> {
  const [row] = await db.query<CustomerRow>(byId, { customerId });
  return row ?? null;
}

const contactPoints = read(
  'customers.contactPoints',
  sql`
  SELECT id, value_sealed, since, former_from FROM contact_points
   WHERE customer_id = :customerId AND kind = 'phone' ORDER BY former_from IS NOT NULL, id LIMIT 200`,
);

/** Current numbers first, then former ones. */
export async function listContactPoints(db: TenantHandle, customerId: string): Promise<ContactPointRow[]> {
  return db.query<ContactPointRow>(contactPoints, { customerId });
}

const BECAUSE = sql`${fixedData(['call.ended', 'callback.cancelled'], { because: 'customer_shredded' })}::jsonb`;

const shred = write(
  'customers.shred',
  sql`
  WITH gone AS (
    DELETE FROM customers WHERE id = :customerId RETURNING id
  ), ended AS (
    ${endCalls({ from: sql`gone`, where: sql`k.customer_id = gone.id` })}
  ), cancelled AS (
    ${closeWaiting('cancel', { from: sql`gone`, where: sql`v.customer_id = gone.id` })}
  ), withdrawn AS (
    ${withdrawHeld({ from: sql`gone`, where: sql`ch.customer_id = gone.id` })}
  ), called_off AS (
    ${closeUnfinished('cancelled', { from: sql`gone`, where: sql`b.customer_id = gone.id` })}
  ), voided AS (
    ${voidUnspent({ from: sql`gone`, where: sql`l.customer_id = gone.id` })}
  ), forgotten AS (
    UPDATE idempotency_keys SET response_sealed = '' FROM gone WHERE customer_id = gone.id AND response_sealed IS NOT NULL
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('customer.shredded', sql`NULL, id, NULL::uuid`, { by: sql`:author::text` })} FROM gone
    UNION ALL
    ${endedCalls(sql`ended`, BECAUSE)}
    UNION ALL
    ${closedQuestions(sql`cancelled`, 'customer_shredded')}
    UNION ALL
    ${withdrawnChanges(sql`withdrawn`, 'customer_shredded')}
    UNION ALL
    ${closedCallbacks(sql`called_off`, BECAUSE)}
    UNION ALL
    ${voidedLetters(sql`voided`, 'customer_shredded')}
  )
  SELECT id FROM gone`,
);

const hold = write('customers.hold', sql`SELECT FROM customers WHERE id = :customerId FOR UPDATE`);

// It moves rows of features above, by their own words, because the key and all that is under way must go in one statement.
/**
 * Destroys the customer's data key with everything that hangs on it, and ends what is under way. False where there is none.
 * The customer is held first, by a statement of its own: the one that ends what is under way must see what was declared
 * while it waited. Needs a transaction.
 */
export async function shredCustomer(db: TenantHandle, customerId: string, author: string): Promise<boolean> {
  await db.query(hold, { customerId });
  return (await db.query(shred, { customerId, author })).length === 1;
}

const unlock = write(
  'customers.unlock',
  sql`
  WITH unlocked AS (
    ${UNLOCK}
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('customer.unlocked', sql`id`, { by: sql`:author::text` })} FROM unlocked
  )
  SELECT id FROM customers WHERE id = :customerId`,
);

/** Lifts a lock and clears the count of failures; false where there is no such customer. */
export async function unlockCustomer(db: TenantHandle, customerId: string, author: string): Promise<boolean> {
  return (await db.query(unlock, { customerId, author })).length === 1;
}
