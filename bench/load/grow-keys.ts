import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { KeyRing } from '../../src/crypto/key-ring.js';
import { generateDataKey, lookupHash, seal } from '../../src/crypto/sealing.js';
import { CONTACT_VALUE } from '../../src/customers/customers.service.js';
import { ADDRESS } from '../../src/push/push-sender.js';
import { addressHash } from '../../src/push/push-subscriptions.service.js';
import { secretContext } from '../../src/webhooks/webhook-sender.js';

const TENANT = 'northbank';
const BATCH = 2_000;
/** Of so many customers one has an app that is told to open. */
const PUSHED = 4;
const WEBHOOKS = 200;

const INSERT = `
  WITH of AS (
    INSERT INTO customers (id, key_id, wrapped_key) SELECT * FROM unnest($1::text[], $2::uuid[], $3::bytea[])
  ), numbers AS (
    INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since)
    SELECT id, 'phone', sealed, hash, now() FROM unnest($1::text[], $4::bytea[], $5::bytea[]) n (id, sealed, hash)
  )
  INSERT INTO push_subscriptions (id, customer_id, kind, key_id, address_sealed, address_hash)
  SELECT gen_random_uuid(), id, 'fcm', key_id, sealed, hash FROM unnest($1::text[], $2::uuid[], $6::bytea[], $7::bytea[]) p (id, key_id, sealed, hash)
   WHERE sealed IS NOT NULL`;

/**
 * Fills a database with customers, each with a number, some with an app, whose every row is sealed under keys of its own as the
 * service does it. Their ids are in no order, as a bank's are.
 */
export async function growKeys(superuserUrl: string, ring: KeyRing, customers: number): Promise<void> {
  const client = new pg.Client({
    connectionString: superuserUrl,
    options: `-c countersign.tenant=${TENANT} -c synchronous_commit=off -c session_replication_role=replica`,
  });
  await client.connect();
  for (let from = 0; from < customers; from += BATCH)
    await client.query(INSERT, columnsOf(ring, from, Math.min(BATCH, customers - from)));
  for (let n = 0; n < WEBHOOKS; n += 1) {
    const id = randomUUID();
    await client.query(
      `INSERT INTO webhooks (id, url, types, signature, secret_sealed, status, disabled_because, created_by)
       VALUES ($1, 'https://example.com/hook', '{countersign.call.declared}', 'v1', $2, 'disabled', 'operator', 'bench')`,
      [id, ring.seal('webhooks', 'a secret', secretContext(TENANT, id))],
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}

function columnsOf(ring: KeyRing, from: number, count: number): unknown[] {
  const rows = Array.from({ length: count }, (_none, at) => {
    const owner = { tenantId: TENANT, customerId: `grown-${randomUUID()}`, keyId: randomUUID() };
    const [dataKey, number] = [generateDataKey(), `+447${String(100_000_000 + from + at)}`];
    const address = { kind: 'fcm', token: randomUUID() } as const;
    const isPushed = at % PUSHED === 0;
    return [
      owner.customerId,
      owner.keyId,
      ring.wrap(dataKey, owner),
      seal(dataKey, number, CONTACT_VALUE),
      ring.make((keys) => lookupHash(keys.lookup, TENANT, 'phone', number)),
      isPushed ? seal(dataKey, JSON.stringify(address), ADDRESS) : null,
      isPushed ? ring.make(addressHash(TENANT, address)) : null,
    ];
  });
  return rows[0]!.map((_none, column) => rows.map((row) => row[column]));
}
