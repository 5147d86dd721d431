import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureCustomerKey } from '../../src/customers/customer-keys.store.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { type KeptRow, keepSubscription } from '../../src/push/push-subscriptions.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Client;
let north: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url, options: '-c countersign.tenant=northbank' });
  await owner.connect();
  const url = await ensureServiceLogin(database.url, 'push-hashes');
  north = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 1 });
});
afterAll(async () => {
  await Promise.all([north.close(), owner.end()]);
  await database.drop();
});

const [FORMER, CURRENT] = [Buffer.alloc(32, 1), Buffer.alloc(37, 2)];
const keys = new Map(['ada', 'ben'].map((customerId) => [customerId, randomUUID()]));
beforeEach(async () => {
  await owner.query('DELETE FROM push_subscriptions');
  for (const [customerId, keyId] of keys) await ensureCustomerKey(north, customerId, keyId, Buffer.alloc(61, 1));
});

const keep = (
  customerId: string,
  hash: Buffer,
  otherHash: Buffer | null,
  most = 20,
  keyId = keys.get(customerId)!,
): Promise<KeptRow> =>
  keepSubscription(north, {
    ...{ id: randomUUID(), customerId, keyId, kind: 'webpush', hash, otherHash, most, author: 'app' },
    addressSealed: Buffer.from('sealed'),
  });
const rows = async (): Promise<object[]> =>
  (await owner.query('SELECT id, customer_id, address_hash FROM push_subscriptions ORDER BY created_at')).rows;

describe('a subscription that was kept under the keys of another generation', () => {
  it('is the same one when it comes again, found by the new hash alone', async () => {
    const { id } = await keep('ada', FORMER, null);
    expect(await keep('ada', CURRENT, FORMER)).toMatchObject({ id });
    expect(await rows()).toEqual([{ id, customer_id: 'ada', address_hash: CURRENT }]);
    expect(await keep('ada', CURRENT, FORMER)).toMatchObject({ id });
    expect(await rows()).toHaveLength(1);
  });

  it('is of the next customer alone, once they subscribe with it', async () => {
    const { id: before } = await keep('ada', FORMER, null);
    const { id } = await keep('ben', CURRENT, FORMER);
    expect(id).not.toBe(before);
    expect(await rows()).toEqual([{ id, customer_id: 'ben', address_hash: CURRENT }]);
  });

  it('counts once against the most that a customer may have, and stays where nothing is kept', async () => {
    const { id } = await keep('ada', FORMER, null);
    expect(await keep('ada', CURRENT, FORMER, 1)).toMatchObject({ id });
    await owner.query('UPDATE push_subscriptions SET address_hash = $1', [FORMER]);
    expect(await keep('ben', CURRENT, FORMER, 0)).toMatchObject({ id: null });
    expect(await keep('ben', CURRENT, FORMER, 20, randomUUID())).toMatchObject({ customer_known: false, id: null });
    expect(await rows()).toEqual([{ id, customer_id: 'ada', address_hash: FORMER }]);
  });
});
