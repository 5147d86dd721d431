import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKeyPem, parseSigningKey } from '../../src/crypto/signing-key.js';
import { readSignals } from '../../src/calls/verdicts.store.js';
import {
  dropPartition,
  isDropped,
  keepPartitions,
  listOldPartitions,
} from '../../src/events/event-partitions.store.js';
import { FIRST_ID, firstIdAfter } from '../../src/events/event-range.js';
import { findPosition, readAfter, readEvents } from '../../src/events/events.store.js';
import { ensureConsumer, isBehind } from '../../src/events/relay.store.js';
import { ensureServiceLogin, migrate, MIGRATIONS } from '../../src/database/migrate.js';
import type { Statement, Values } from '../../src/database/sql.js';
import { TenantDatabase, type TenantHandle } from '../../src/database/tenant-database.js';
import { LocalSigner } from '../../src/transparency/checkpoint-signer.js';
import { readHead } from '../../src/transparency/log.store.js';
import { sealLog } from '../../src/transparency/log-seal.js';
import { queueForWebhooks } from '../../src/webhooks/deliveries.store.js';
import { EventMonths } from '../support/event-months.js';
import { clusterUrl } from '../support/database.js';

type Runner = Parameters<InstanceType<(typeof MIGRATIONS)[number]>['up']>[0];

const MONTHS = 14;
const signer = new LocalSigner(parseSigningKey(generateSigningKeyPem()));
const writer = { signer, publicUrl: 'https://countersign.test', keyMac: () => Buffer.alloc(32) };

/** An owner as a managed database gives one, whom row-level security confines. */
const owner = `bank_${randomUUID().replaceAll('-', '')}`;
const urlAs = (user?: string): string => {
  const url = new URL(clusterUrl());
  if (user) [url.username, url.password] = [user, 'owner'];
  url.pathname = `/${owner}`;
  return url.toString();
};
const onCluster = async (...statements: string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: clusterUrl() });
  await client.connect();
  for (const text of statements) await client.query(text);
  await client.end();
};

let serviceUrl: string;
let months: EventMonths;
const tenants = new Map<string, TenantDatabase>();
const of = (tenantId: string): TenantDatabase => tenants.get(tenantId)!;
const before: Record<string, object[]> = {};

const everyEvent = async (client: pg.Client): Promise<object[]> =>
  (
    await client.query(
      `SELECT tenant_id, id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events ORDER BY events.sequence`,
    )
  ).rows;

/** Rows of two tenants, written when the log was one table. */
async function writeBefore(): Promise<void> {
  const [client, superuser] = [
    new pg.Client({ connectionString: urlAs(owner) }),
    new pg.Client({ connectionString: urlAs() }),
  ];
  await Promise.all([client.connect(), superuser.connect()]);
  const runner = { query: async (text: string) => (await client.query(text)).rows } as unknown as Runner;
  await client.query(
    'CREATE TABLE migrations (id serial PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL)',
  );
  const migration = async (Migration: (typeof MIGRATIONS)[number]) => {
    await new Migration().up(runner);
    await client.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [
      /\d+$/.exec(Migration.name)![0],
      Migration.name,
    ]);
  };
  const partitioned = MIGRATIONS.findIndex(({ name }) => name.startsWith('EventsByTime'));
  for (const Migration of MIGRATIONS.slice(0, partitioned)) await migration(Migration);
  for (const tenant of ['northbank', 'southbank', 'northbank'])
    await superuser.query(
      `INSERT INTO events (tenant_id, type, about, data) SELECT $1, 'countersign.policy.changed', 'policy', jsonb_build_object('version', n) FROM generate_series(1, 20) n`,
      [tenant],
    );
  before.table = await everyEvent(superuser);
  const ByTime = MIGRATIONS[partitioned]!;
  await new ByTime().up(runner);
  before.partitions = await everyEvent(superuser);
  await superuser.query(
    `INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.policy.changed', 'policy', '{}')`,
  );
  await new ByTime().down(runner);
  before.again = await everyEvent(superuser);
  await Promise.all([client.end(), superuser.end()]);
}

beforeAll(async () => {
  await onCluster(
    `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner'`,
    `GRANT countersign_service TO ${owner} WITH ADMIN OPTION`,
    `CREATE DATABASE ${owner} OWNER ${owner}`,
  );
  await writeBefore();
  await migrate(urlAs(owner), MONTHS);
  serviceUrl = await ensureServiceLogin(urlAs(owner), 'partitions');
  for (const tenantId of ['northbank', 'southbank', 'idlebank', 'laterbank'])
    tenants.set(
      tenantId,
      new TenantDatabase({ url: serviceUrl, tenantId, sharedConnections: 1, pooledConnections: 4 }),
    );
  months = await EventMonths.of(urlAs(), owner);
});
afterAll(async () => {
  await Promise.all([...tenants.values()].map((database) => database.close()));
  await months.close();
  await onCluster(
    `DROP DATABASE ${owner} WITH (FORCE)`,
    `DROP ROLE ${new URL(serviceUrl).username}`,
    `DROP OWNED BY ${owner}`,
    `DROP ROLE ${owner}`,
  );
});

const names = async (): Promise<string[]> =>
  (await months.query<{ name: string }>(`SELECT name FROM event_partitions() ORDER BY 1`)).map(({ name }) => name);
const partitionsOf = async (ids: readonly string[]): Promise<string[]> =>
  (
    await months.query<{ name: string }>(
      `SELECT DISTINCT tableoid::regclass::text AS name FROM events WHERE id = ANY($1)`,
      [ids],
    )
  ).map(({ name }) => name);
const drop = (name: string) => of('northbank').transaction((tx) => dropPartition(tx, name), 60_000);
const insert = (tenant: string) =>
  months.query(
    `INSERT INTO events (tenant_id, type, about, data) VALUES ($1, 'countersign.customer.changed', 'customer', '{}')`,
    [tenant],
  );
/** Other tests of the same cluster may have transactions open: until these end, nothing that came after their beginning is settled. */
const settled = () =>
  expect
    .poll(
      async () =>
        (await months.query(`SELECT FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1`)).length,
      { timeout: 60_000, interval: 20 },
    )
    .toBe(0);
const seal = async (...which: string[]) => {
  await settled();
  for (const tenant of which) await sealLog(of(tenant), writer);
};

/** Gives a tenant's consumer all that there is. */
async function handOn(tenant: string, name = 'webhooks'): Promise<void> {
  await settled();
  await ensureConsumer(of(tenant), name);
  await months.query(
    `UPDATE event_consumers SET xid = (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text::xid8, sequence = 4611686018427387904 WHERE tenant_id = $1 AND name = $2`,
    [tenant, name],
  );
}

describe('events from before', () => {
  it('are there, in the first partition, and after the way back', async () => {
    expect(before.table).toHaveLength(60);
    expect(before.partitions).toEqual(before.table);
    expect(before.again!.slice(0, 60)).toEqual(before.table);
    expect(before.again).toHaveLength(61);
    expect(await months.query(`SELECT DISTINCT tableoid::regclass::text AS name FROM events`)).toEqual([
      { name: 'events_first' },
    ]);
    expect(
      (await readAfter(of('southbank'), { xid: 0n, sequence: 0n }, 100)).map(
        ({ data }) => (data as unknown as { version: number }).version,
      ),
    ).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  });

  it('are followed by numbers that were not given yet', async () => {
    await insert('northbank');
    const [{ highest, distinct }] = (await months.query(
      `SELECT max(sequence)::int AS highest, count(DISTINCT sequence)::int AS distinct FROM events`,
    )) as [{ highest: number; distinct: number }];
    expect([highest, distinct]).toEqual([62, 62]);
  });
});

describe('a new event', () => {
  it('lands in the partition of its month', async () => {
    const past = await months.make(30);
    expect(await partitionsOf(await months.write('northbank', 30, 3))).toEqual([past]);
    expect(await partitionsOf(await months.write('northbank', 0, 1))).toEqual(['events_first']);
    expect(await partitionsOf(await months.write('laterbank', -2, 1))).toEqual([(await names()).at(-3)]);
  });

  it('of which no partition is, is taken by the default one; its month is then refused, and the others are made', async () => {
    const ahead = (await names()).filter((name) => /^events_\d/.test(name)).slice(-2);
    for (const name of ahead) await months.query(`DROP TABLE ${name}`);
    const ids = await months.write('laterbank', -2, 2);
    expect(await partitionsOf(ids)).toEqual(['events_default']);
    expect(await of('northbank').transaction(keepPartitions)).toEqual({ made: 1, refused: 1 });
    expect((await names()).filter((name) => ahead.includes(name))).toEqual([ahead[1]]);
    expect(await readEvents(of('laterbank'), ids)).toHaveLength(2);
    await months.query(`SET session_replication_role = replica`);
    await months.query(`DELETE FROM events_default`);
    await months.query(`RESET session_replication_role`);
  });
});

/** The partitions that a statement looks into, planned for no value in particular. */
async function lookedInto(send: (db: TenantHandle) => Promise<unknown>): Promise<string[]> {
  const client = new pg.Client({
    connectionString: serviceUrl,
    options:
      '-c countersign.tenant=northbank -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan',
  });
  await client.connect();
  let plan: object[] = [];
  const query = async (what: Statement, values: Values): Promise<never[]> => {
    const literals = what.parameters
      .map((name) => (values as Record<string, unknown>)[name])
      .map((value) =>
        value === null ? 'NULL' : pg.escapeLiteral(Array.isArray(value) ? `{${value.join()}}` : String(value)),
      );
    await client.query(`PREPARE asked AS ${what.text}`);
    plan = (await client.query<object>(`EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked(${literals.join()})`)).rows;
    return [];
  };
  await send({ tenantId: 'northbank', query });
  await client.end();
  return [...new Set([...JSON.stringify(plan).matchAll(/"Relation Name":"(\w+)"/g)].map(([, name]) => name!))].sort();
}

describe('a hot statement', () => {
  it('looks into the months alone that it names', async () => {
    const [all, past, old] = [
      [...(await names()), 'events_default'].sort(),
      (await names()).find((name) => /^events_20/.test(name))!,
      (await months.write('northbank', 30, 1))[0]!,
    ];
    const now = all.filter((name) => name !== past);
    expect(await lookedInto((db) => findPosition(db, {}, old))).toEqual([past]);
    expect(await lookedInto((db) => readEvents(db, [old]))).toEqual([past]);
    expect(await lookedInto((db) => readSignals(db, 'cust-1', 3_600))).toEqual(now);
    expect(await lookedInto((db) => readAfter(db, { xid: 0n, sequence: 0n }, 10))).toEqual(all);
    expect(await lookedInto((db) => readAfter(db, { xid: 0n, sequence: 0n }, 10, firstIdAfter(Date.now())))).toEqual(
      now,
    );
    expect(await lookedInto((db) => isBehind(db, 'webhooks', firstIdAfter(Date.now())))).toEqual(
      [...now, 'event_consumers'].sort(),
    );
    const next = { consumer: 'webhooks', first: firstIdAfter(Date.now()), most: 10 };
    expect(await lookedInto((db) => queueForWebhooks(db, next))).toEqual(expect.not.arrayContaining([past]));
  });
});

describe('partitions ahead', () => {
  it('are made once by any number of callers, while events are read and written', async () => {
    await of('northbank').transaction(keepPartitions);
    const all = await names();
    for (const name of all.filter((candidate) => /^events_\d/.test(candidate)).slice(-3))
      await months.query(`DROP TABLE ${name}`);
    const busy = new pg.Client({ connectionString: urlAs() });
    await busy.connect();
    await busy.query(
      `BEGIN; INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.customer.changed', 'customer', '{}'); SELECT FROM events_first;`,
    );
    const made = await Promise.all(Array.from({ length: 4 }, () => of('northbank').transaction(keepPartitions)));
    await busy.query('ROLLBACK');
    await busy.end();
    expect(made.reduce((sum, one) => sum + one.made, 0)).toBe(3);
    expect(await names()).toEqual(all);
    expect(await of('northbank').transaction(keepPartitions)).toEqual({ made: 0, refused: 0 });
  });
});

describe('retention', () => {
  let name: string;
  let monthsAgo = 20;
  beforeEach(async () => {
    monthsAgo += 1;
    name = await months.make(monthsAgo);
  });

  it('drops a month whose events are all sealed and handed on, and says so in the log', async () => {
    const [ids, theirs] = [
      await months.write('northbank', monthsAgo, 30),
      await months.write('southbank', monthsAgo, 7),
    ];
    for (const tenant of ['northbank', 'southbank']) await insert(tenant);
    await seal('northbank', 'southbank');
    await handOn('northbank');
    expect(await of('northbank').transaction(listOldPartitions)).toContain(name);
    const others = (await names()).filter((other) => other !== name);
    expect(await drop(name)).toBe('dropped');
    expect(await names()).toEqual(others);
    expect(await readEvents(of('northbank'), ids)).toEqual([]);
    expect(await readEvents(of('southbank'), theirs)).toEqual([]);
    expect(
      await months.query(
        `SELECT tenant_id, data - 'until' AS data FROM events WHERE type = 'countersign.data.deleted' ORDER BY 1`,
      ),
    ).toEqual([
      { tenant_id: 'northbank', data: { of: 'events', deleted: 30, olderThanMonths: MONTHS } },
      { tenant_id: 'southbank', data: { of: 'events', deleted: 7, olderThanMonths: MONTHS } },
    ]);
    expect(
      await months.query(`SELECT count(*)::int FROM log_leaves WHERE event_id = ANY($1)`, [[...ids, ...theirs]]),
    ).toEqual([{ count: 37 }]);
    expect([await isDropped(of('northbank'), ids[0]!), await isDropped(of('northbank'), randomUUID())]).toEqual([
      true,
      false,
    ]);
    expect(await findPosition(of('northbank'), {}, ids[0]!)).toBeNull();
    await insert('northbank');
    await seal('northbank', 'southbank');
    expect(await isBehind(of('northbank'), 'webhooks', FIRST_ID)).toBe(true);
    const next = { consumer: 'webhooks', first: FIRST_ID, most: 100 };
    expect((await of('northbank').transaction((tx) => queueForWebhooks(tx, next))).events).toBe(2);
    const last = await months.query(`SELECT e.type FROM events e JOIN event_consumers c
      ON c.name = 'webhooks' AND c.tenant_id = 'northbank' AND (c.xid, c.sequence) = (e.xid, e.sequence)`);
    expect(last).toEqual([{ type: 'countersign.customer.changed' }]);
  });

  it('leaves a month with one unsealed event, of a tenant that nobody serves any more too', async () => {
    await months.write('northbank', monthsAgo, 3);
    await seal('northbank');
    await handOn('northbank');
    await months.write('gonebank', monthsAgo, 1);
    expect(await drop(name)).toBe('unsealed');
    expect(await names()).toContain(name);
  });

  it('leaves a month whose last event is sealed and one before it is not', async () => {
    const ids = await months.write('southbank', monthsAgo, 5);
    await seal('southbank');
    await handOn('southbank');
    await months.query(`SET session_replication_role = replica`);
    await months.query(`UPDATE log_leaves SET event_id = gen_random_uuid() WHERE event_id = $1`, [ids[2]]);
    await months.query(`RESET session_replication_role`);
    expect(await drop(name)).toBe('unsealed');
    expect(await readEvents(of('southbank'), ids)).toHaveLength(5);
  });

  it('leaves a month that is not handed on to every consumer, or of which something waits to be delivered', async () => {
    const [id] = await months.write('southbank', monthsAgo, 1);
    await insert('southbank');
    await seal('southbank');
    await months.query(
      `INSERT INTO event_consumers (tenant_id, name, xid, sequence) VALUES ('southbank', 'slow', '3', 0)`,
    );
    expect(await drop(name)).toBe('not handed on');
    for (const consumer of ['slow', 'webhooks']) await handOn('southbank', consumer);
    await months.query(
      `INSERT INTO webhooks (tenant_id, id, url, types, signature, secret_sealed, created_by) VALUES ('southbank', $1, 'http://127.0.0.1:9/', '{*}', 'v1', '\\x00', 'test')`,
      [id],
    );
    await months.query(
      `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_id, event_type, subject) VALUES ('southbank', $1, $1, 'countersign.customer.changed', 's')`,
      [id],
    );
    expect(await drop(name)).toBe('not delivered');
    await months.query(`UPDATE webhook_deliveries SET status = 'delivered', closed_at = now()`);
    expect(await drop(name)).toBe('dropped');
  });

  it('leaves what is too young, and waits for nobody for long', async () => {
    const [young] = [await months.make(13)];
    expect(await drop(young)).toBe('too young');
    expect([await drop('events_first'), await drop('events_default'), await drop('calls')]).toEqual([
      'too young',
      'too young',
      'too young',
    ]);
    const reader = new pg.Client({ connectionString: urlAs() });
    await reader.connect();
    await reader.query(`BEGIN; SELECT FROM events LIMIT 1`);
    await expect(drop(name)).rejects.toMatchObject({ code: '55P03' });
    await reader.query('ROLLBACK');
    await reader.end();
    expect(await drop(name)).toBe('dropped');
  });

  it('is what the owner says, and for ever where it says nothing', async () => {
    await migrate(urlAs(owner));
    expect(await of('northbank').transaction(listOldPartitions)).toEqual([]);
    expect(await drop(name)).toBe('kept for ever');
    await migrate(urlAs(owner), 100);
    expect(await drop(name)).toBe('too young');
    await migrate(urlAs(owner), MONTHS);
    expect(await drop(name)).toBe('dropped');
  });

  it('of a tenant that has been idle since goes too: its log goes on where it stood', async () => {
    await months.write('idlebank', monthsAgo, 4);
    await seal('idlebank');
    const head = await readHead(of('idlebank'));
    expect(head.size).toBe(4);
    expect(await drop(name)).toBe('dropped');
    expect(await readHead(of('idlebank'))).toEqual(head);
    await insert('idlebank');
    await seal('idlebank');
    expect((await readHead(of('idlebank'))).size).toBe(6);
  });

  it('keeps apart what later evidence stands on', async () => {
    for (const type of [
      'policy.changed',
      'device.enrolled',
      'device.revoked',
      'customer.shredded',
      'verification.started',
    ])
      await months.write('northbank', monthsAgo, 1, { type: `countersign.${type}` });
    await insert('northbank');
    await seal('northbank');
    await handOn('northbank');
    expect(await drop(name)).toBe('dropped');
    expect(
      (
        await months.query<{ type: string }>(
          `SELECT type FROM kept_events WHERE tenant_id = 'northbank' ORDER BY sequence`,
        )
      ).map(({ type }) => type),
    ).toEqual(
      ['policy.changed', 'device.enrolled', 'device.revoked', 'customer.shredded'].map((type) => `countersign.${type}`),
    );
  });
});

describe('the login that serves requests', () => {
  it('neither drops, makes nor alters a partition, and reads none by name, nor through one that it may read the rows of another tenant', async () => {
    const name = await months.make(40);
    await months.write('southbank', 40, 2);
    const client = new pg.Client({ connectionString: serviceUrl, options: '-c countersign.tenant=northbank' });
    await client.connect();
    for (const text of [
      `DROP TABLE ${name}`,
      `ALTER TABLE events DETACH PARTITION ${name}`,
      `ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`,
      `SELECT FROM ${name}`,
      `INSERT INTO ${name} (type, about, data) VALUES ('countersign.a.b', 'call', '{}')`,
      `SELECT make_event_partition('events_mine', 'DEFAULT')`,
      `SELECT why_events_stay('northbank', 'calls', uuid7(), uuid7())`,
      `SELECT retire_events('northbank', 'calls', uuid7(), 13)`,
      `INSERT INTO kept_events SELECT * FROM events`,
      `INSERT INTO events (id, type, about, data) VALUES (gen_random_uuid(), 'countersign.a.b', 'call', '{}')`,
      `INSERT INTO events (sequence, type, about, data) VALUES (1, 'countersign.a.b', 'call', '{}')`,
      `INSERT INTO events (xid, type, about, data) VALUES ('1', 'countersign.a.b', 'call', '{}')`,
      `SELECT setval('events_sequence', 1)`,
      `CREATE OR REPLACE FUNCTION events_retention() RETURNS integer LANGUAGE sql AS 'SELECT 13'`,
    ]) {
      await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' });
    }
    for (const partition of [name, 'events_first', 'events_default', (await names()).at(-1)!])
      await months.query(`GRANT SELECT ON ${partition} TO countersign_service`);
    expect((await client.query(`SELECT FROM ${name}`)).rowCount).toBe(0);
    expect((await client.query(`SELECT DISTINCT tenant_id FROM events_first`)).rows).toEqual([
      { tenant_id: 'northbank' },
    ]);
    await client.end();
    const confined = new pg.Client({ connectionString: urlAs(owner) });
    await confined.connect();
    expect((await confined.query(`SELECT FROM ${name}`)).rowCount).toBe(0);
    await confined.end();
  });
});
