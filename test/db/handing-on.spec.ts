import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { FIRST_ID } from '../../src/events/event-range.js';
import { ensureConsumer, isBehind } from '../../src/events/relay.store.js';
import { queueForWebhooks } from '../../src/webhooks/deliveries.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const CONSUMER = 'webhooks';
const HANDERS = 4;

let database: TestDatabase;
let owner: pg.Pool;
let north: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: HANDERS, options: '-c countersign.tenant=northbank' });
  north = new TenantDatabase({
    url: await ensureServiceLogin(database.url, 'handing-on'),
    tenantId: 'northbank',
    sharedConnections: 1,
    pooledConnections: HANDERS,
  });
  await ensureConsumer(north, CONSUMER);
  await owner.query(
    `INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES (uuid7(), 'http://127.0.0.1:9/', '{*}', 'v1', '\\x00', 'test')`,
  );
});
afterAll(async () => {
  await Promise.all([north.close(), owner.end()]);
  await database.drop();
});
beforeEach(async () => {
  await owner.query('DELETE FROM webhook_deliveries');
});

const insert = (count: number) =>
  owner.query(
    `INSERT INTO events (type, about, customer_id, data) SELECT 'countersign.customer.changed', 'customer', 'cust-' || n, '{}' FROM generate_series(1, $1::int) n`,
    [count],
  );
const handOn = (most: number) =>
  north.transaction(async (tx) => (await queueForWebhooks(tx, { consumer: CONSUMER, first: FIRST_ID, most })).events);
/** In the order in which they were queued. */
const queued = async (): Promise<string[]> =>
  (await owner.query<{ event_id: string }>('SELECT event_id FROM webhook_deliveries ORDER BY number')).rows.map(
    (row) => row.event_id,
  );
const newest = async (most: number): Promise<string[]> =>
  (await owner.query<{ id: string }>('SELECT id FROM events ORDER BY xid DESC, sequence DESC LIMIT $1', [most])).rows
    .map(({ id }) => id)
    .reverse();
const untilSettled = () => expect.poll(() => isBehind(north, CONSUMER, FIRST_ID)).toBe(true);

it('hands on so many at most, in the order of the log, and begins where it ended', async () => {
  await insert(5);
  await untilSettled();
  expect([await handOn(2), await handOn(2), await handOn(2), await handOn(2)]).toEqual([2, 2, 1, 0]);
  expect(await queued()).toEqual(await newest(5));
});

it('hands nothing on where another is at it, or where nobody is a consumer of that name', async () => {
  await insert(3);
  await untilSettled();
  await north.transaction(async (tx) => {
    const next = { consumer: CONSUMER, first: FIRST_ID, most: 10 };
    expect((await queueForWebhooks(tx, next)).events).toBe(3);
    expect(await handOn(10)).toBe(0);
  });
  expect(await queued()).toHaveLength(3);
  const nobody = { consumer: 'nobody', first: FIRST_ID, most: 10 };
  expect(await north.transaction((tx) => queueForWebhooks(tx, nobody))).toEqual({ events: 0, ids: [] });
});

it('takes all of it back with its transaction, and does it again', async () => {
  await insert(3);
  await untilSettled();
  const failing = north.transaction(async (tx) => {
    await queueForWebhooks(tx, { consumer: CONSUMER, first: FIRST_ID, most: 10 });
    throw new Error('fails');
  });
  await expect(failing).rejects.toThrow('fails');
  expect(await queued()).toEqual([]);
  expect(await handOn(10)).toBe(3);
  expect(await queued()).toEqual(await newest(3));
});

it('waits for a transaction that began before, and passes over nothing of it', async () => {
  const late = await owner.connect();
  await late.query('BEGIN');
  await late.query(
    `INSERT INTO events (type, about, customer_id, data) VALUES ('countersign.customer.changed', 'customer', 'late', '{}')`,
  );
  await insert(2);
  expect(await handOn(10)).toBe(0);
  await late.query('COMMIT');
  late.release();
  await untilSettled();
  expect(await handOn(10)).toBe(3);
  expect(await queued()).toEqual(await newest(3));
});

it('each is handed on once and in order, however many are at it while others write', async () => {
  const events = 400;
  let isWritten = false;
  const writing = (async () => {
    for (let written = 0; written < events; written += 5) await insert(5);
    isWritten = true;
  })();
  const handing = Array.from({ length: HANDERS - 1 }, async () => {
    let handed = 0;
    for (;;) {
      const done = isWritten;
      const count = await handOn(3);
      handed += count;
      if (done && count === 0 && !(await isBehind(north, CONSUMER, FIRST_ID))) return handed;
    }
  });
  const handed = await Promise.all(handing);
  await writing;
  while (await isBehind(north, CONSUMER, FIRST_ID)) handed.push(await handOn(100));
  expect(handed.reduce((sum, count) => sum + count)).toBe(events);
  expect(await queued()).toEqual(await newest(events));
});
