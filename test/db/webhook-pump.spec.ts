import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase, type TenantHandle } from '../../src/database/tenant-database.js';
import { listDeliveries } from '../../src/webhooks/deliveries.store.js';
import {
  type AttemptResult,
  holdEndpoint,
  listStranded,
  placeArrived as placeHeld,
  type PumpLease,
  readDue,
  recordDelivered as recordHeld,
  recordFailed as recordFailedHeld,
  releaseEndpoint,
  takeEndpoint,
} from '../../src/webhooks/pump.store.js';
import { changeWebhook, disableWebhook, lockWebhook } from '../../src/webhooks/webhooks.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Pool;
let north: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 4, options: '-c countersign.tenant=northbank' });
  north = new TenantDatabase({
    url: await ensureServiceLogin(database.url, 'pump'),
    tenantId: 'northbank',
    sharedConnections: 2,
    pooledConnections: 2,
  });
});
afterAll(async () => {
  await Promise.all([north.close(), owner.end()]);
  await database.drop();
});

let webhookId: string;
beforeEach(async () => {
  webhookId = randomUUID();
  await owner.query(
    `INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES ($1, 'http://127.0.0.1:9/', '{*}', 'v1', '\\x00', 'test')`,
    [webhookId],
  );
});

type Runner = Pick<pg.Pool, 'query'>;
const arrive = (subjects: readonly string[], runner: Runner = owner) =>
  runner.query(
    `INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject) SELECT $1, uuid7(), 'countersign.test.written', s FROM unnest($2::text[]) s`,
    [webhookId, subjects],
  );

async function take(lease = '30 seconds'): Promise<PumpLease> {
  const taken = { webhookId, pump: randomUUID(), lease };
  expect(await takeEndpoint(north, taken)).toBe(true);
  return taken;
}

/** As the pump does: nothing where another has the endpoint. */
const holding = <Result>(
  db: TenantDatabase,
  lease: PumpLease,
  work: (tx: TenantHandle) => Promise<Result>,
): Promise<Result | null> => db.transaction(async (tx) => ((await holdEndpoint(tx, lease)) ? work(tx) : null));
const placeArrived = (db: TenantDatabase, lease: PumpLease, most: number) =>
  holding(db, lease, (tx) => placeHeld(tx, lease, most));
const recordDelivered = (db: TenantDatabase, lease: PumpLease, all: readonly AttemptResult[]) =>
  holding(db, lease, (tx) => recordHeld(tx, lease, all));
const recordFailed = (db: TenantDatabase, lease: PumpLease, one: Parameters<typeof recordFailedHeld>[2]) =>
  holding(db, lease, (tx) => recordFailedHeld(tx, lease, one));
const results = (ids: readonly string[]) => ids.map((id) => ({ id, latencyMs: 1, responseStatus: 204 }));
const due = async (lease: PumpLease, most = 1_000) =>
  (await readDue(north, lease, most))!.deliveries.map(({ id }) => id);
const pendingCount = async (): Promise<number> =>
  (await owner.query(`SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND status = 'pending'`, [webhookId]))
    .rowCount!;

/** Puts in order and delivers until nothing is due, and returns the ids in the order of delivery. */
async function deliverAll(lease: PumpLease, most = 8): Promise<string[]> {
  const delivered: string[] = [];
  for (;;) {
    const placed = (await placeArrived(north, lease, 20))!;
    const ids = await due(lease, most);
    if (placed === 0 && ids.length === 0) return delivered;
    await recordDelivered(north, lease, results(ids));
    delivered.push(...ids);
  }
}

async function expectInOrder(delivered: readonly string[]): Promise<void> {
  const { rows } = await owner.query<{ id: string; subject: string }>(
    `SELECT id, subject FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY number`,
    [webhookId],
  );
  const subjects = new Map(rows.map(({ id, subject }) => [id, subject]));
  const bySubject = (ids: readonly string[]) =>
    Object.fromEntries(
      [...new Set(subjects.values())].map((subject) => [subject, ids.filter((id) => subjects.get(id) === subject)]),
    );
  expect(bySubject(delivered)).toEqual(bySubject(rows.map(({ id }) => id)));
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);

describe('what is pending at an endpoint', () => {
  it('is delivered in order for its subject, however much waits', async () => {
    for (let times = 0; times < 5; times += 1) await arrive(names(50));
    const delivered = await deliverAll(await take());
    expect(delivered).toHaveLength(250);
    await expectInOrder(delivered);
  });

  it('is due only where it is the oldest of its subject, and its successor the moment that it ends', async () => {
    await arrive(['a', 'a', 'a', 'b']);
    const lease = await take();
    await placeArrived(north, lease, 100);
    const first = await due(lease);
    expect(first).toHaveLength(2);
    expect(
      (await listDeliveries(north, { webhookId, status: 'pending', after: null, most: 10 })).map(
        (row) => row.next_attempt_at !== null,
      ),
    ).toEqual([true, false, false, true]);
    await recordFailed(north, lease, {
      id: first[0]!,
      latencyMs: 1,
      responseStatus: 500,
      failure: 'status',
      waitMs: 60_000,
    });
    await recordDelivered(north, lease, results([first[1]!]));
    expect(await due(lease)).toEqual([]);
    await owner.query(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE id = $1`, [first[0]]);
    await recordFailed(north, lease, {
      id: first[0]!,
      latencyMs: 1,
      responseStatus: 500,
      failure: 'status',
      waitMs: null,
    });
    const second = await due(lease);
    expect(second).toHaveLength(1);
    expect(second).not.toContain(first[0]);
    expect(await deliverAll(lease)).toHaveLength(2);
  });

  it('of an endpoint that has been failing is due one at a time', async () => {
    await arrive(names(5));
    const lease = await take();
    await placeArrived(north, lease, 100);
    const [first] = await due(lease);
    await recordFailed(north, lease, {
      id: first!,
      latencyMs: 1,
      responseStatus: 500,
      failure: 'status',
      waitMs: 60_000,
    });
    expect(await due(lease)).toHaveLength(1);
    await recordDelivered(north, lease, results(await due(lease)));
    expect(await due(lease)).toHaveLength(3);
  });

  it('is found at the same cost however much was delivered before, also by plans made for an empty table', async () => {
    const fresh = await createTestDatabase();
    const client = new pg.Client({ connectionString: fresh.url, options: '-c countersign.tenant=northbank' });
    await client.connect();
    await client.query(`ALTER TABLE webhook_deliveries SET (autovacuum_enabled = off)`);
    await client.query(
      `INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES ($1, 'http://127.0.0.1:9/', '{*}', 'v1', '\\x00', 'test')`,
      [webhookId],
    );
    const db = new TenantDatabase({
      url: await ensureServiceLogin(fresh.url, 'pump'),
      tenantId: 'northbank',
      sharedConnections: 1,
      pooledConnections: 1,
    });
    const lease = { webhookId, pump: randomUUID(), lease: '60 seconds' };
    await takeEndpoint(db, lease);
    const deliver = async (): Promise<number> => {
      let delivered = 0;
      for (let placed = 1, ids: string[] = []; placed + ids.length > 0; delivered += ids.length) {
        placed = (await placeArrived(db, lease, 100))!;
        ids = (await readDue(db, lease, 32))!.deliveries.map(({ id }) => id);
        await recordDelivered(db, lease, results(ids));
      }
      return delivered;
    };
    const read = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1_100)); // statistics of a connection are told once a second
      await placeArrived(db, lease, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { rows } = await client.query<{ read: string }>(
        `SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_user_tables WHERE relname = 'webhook_deliveries'`,
      );
      return Number(rows[0]!.read);
    };
    await deliver();
    await arrive(names(20), client);
    for (let times = 0; times < 10; times += 1) await deliver();
    const costs: number[] = [];
    for (let times = 0; times < 2; times += 1) {
      for (let each = 0; each < 10; each += 1) await arrive(names(200), client);
      const before = await read();
      expect(await deliver()).toBe(2_000);
      costs.push(((await read()) - before) / 2_000);
    }
    await Promise.all([db.close(), client.end()]);
    await fresh.drop();
    expect(Math.max(...costs)).toBeLessThan(30);
  });

  it('can have no two heads of one subject: the database refuses it', async () => {
    await arrive(['a', 'a']);
    await expect(
      owner.query(`UPDATE webhook_deliveries SET place = 'head' WHERE webhook_id = $1`, [webhookId]),
    ).rejects.toThrow(/webhook_deliveries_head/);
  });
});

describe('what arrives while the oldest of its subject ends', () => {
  it('is delivered after it, whichever of the two commits first', async () => {
    const client = await owner.connect();
    for (const arrivesFirst of [true, false]) {
      await arrive(['a']);
      const lease = await take();
      await placeArrived(north, lease, 100);
      const [head] = await due(lease);
      await client.query('BEGIN');
      await arrive(['a', 'b'], client);
      if (arrivesFirst) await client.query('COMMIT');
      await recordDelivered(north, lease, results([head!]));
      if (!arrivesFirst) await client.query('COMMIT');
      expect(await deliverAll(lease)).toHaveLength(2);
      await releaseEndpoint(north, lease);
    }
    client.release();
    expect(await pendingCount()).toBe(0);
  });

  it('is never left behind by writers and pumps that run into one another, of which some stall past their lease', async () => {
    const subjects = names(6);
    const delivered: string[] = [];
    let writing = true;
    const write = async () => {
      for (let times = 0; times < 60; times += 1)
        await arrive(Array.from({ length: 5 }, () => subjects[Math.floor(Math.random() * subjects.length)]!));
    };
    const pump = async () => {
      while (writing || (await pendingCount()) > 0) {
        const lease = { webhookId, pump: randomUUID(), lease: '4 milliseconds' };
        if (!(await takeEndpoint(north, lease))) continue;
        for (let rounds = 0; rounds < 10; rounds += 1) {
          await placeArrived(north, lease, 50);
          const batch = await readDue(north, lease, 8);
          if (!batch) break;
          if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
          await recordDelivered(north, lease, results(batch.deliveries.map(({ id }) => id)));
          delivered.push(...batch.deliveries.map(({ id }) => id));
        }
        if (Math.random() < 0.5) await releaseEndpoint(north, lease);
      }
    };
    await Promise.all([
      Promise.all([write(), write()]).then(() => {
        writing = false;
      }),
      pump(),
      pump(),
      pump(),
    ]);
    const { rows } = await owner.query(
      `SELECT status, count(*)::int FROM webhook_deliveries WHERE webhook_id = $1 GROUP BY status`,
      [webhookId],
    );
    expect(rows).toEqual([{ status: 'delivered', count: 600 }]);
    expect(new Set(delivered).size).toBe(600);
  });
});

describe('a pump', () => {
  it('that outlived its lease records nothing, and what it sent is due at the next', async () => {
    await arrive(['a', 'a']);
    const slow = await take('0 seconds');
    await placeArrived(north, slow, 100);
    const sent = await due(slow);
    const next = await take();
    await recordDelivered(north, slow, results(sent));
    expect(
      await recordFailed(north, slow, {
        id: sent[0]!,
        latencyMs: 1,
        responseStatus: 500,
        failure: 'status',
        waitMs: 1_000,
      }),
    ).toBeNull();
    expect(await placeArrived(north, slow, 100)).toBeNull();
    expect(await readDue(north, slow, 10)).toBeNull();
    await releaseEndpoint(north, slow);
    expect(await takeEndpoint(north, { ...next, pump: randomUUID() })).toBe(false);
    expect(await due(next)).toEqual(sent);
  });

  it('that died over an endpoint is noticed, also where it had put nothing in order', async () => {
    const dead = await take('0 seconds');
    await arrive(['a', 'a']);
    const overdue = () =>
      owner.query(
        `UPDATE webhook_deliveries SET created_at = now() - interval '3 seconds', next_attempt_at = now() - interval '3 seconds' WHERE webhook_id = $1`,
        [webhookId],
      );
    expect(await listStranded(north)).not.toContain(webhookId);
    await overdue();
    expect(await listStranded(north)).toContain(webhookId);
    await placeArrived(north, dead, 100);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await listStranded(north)).toContain(webhookId);
    expect(await deliverAll(await take())).toHaveLength(2);
    expect(await listStranded(north)).not.toContain(webhookId);
  });
});

describe('an endpoint that is disabled', () => {
  it('while something arrives, and enabled again, leaves nothing behind a head that is no more', async () => {
    await arrive(['a']);
    const lease = await take();
    await placeArrived(north, lease, 100);
    const client = await owner.connect();
    await client.query('BEGIN');
    await arrive(['a'], client);
    const disabled = north.transaction(async (tx) => {
      await lockWebhook(tx, webhookId);
      await disableWebhook(tx, webhookId, 'gone');
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.query('COMMIT');
    client.release();
    await disabled;
    expect(await readDue(north, lease, 10)).toBeNull();
    expect(await pendingCount()).toBe(0);
    await changeWebhook(north, {
      id: webhookId,
      url: null,
      description: null,
      types: null,
      status: 'active',
      author: 'test',
    });
    await arrive(['a']);
    expect(await deliverAll(lease)).toHaveLength(1);
  });
});
