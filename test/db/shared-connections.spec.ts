import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { SharedConnections } from '../../src/database/shared-connections.js';
import {
  isDatabaseUnavailable,
  TenantDatabase,
  type TenantDatabaseOptions,
} from '../../src/database/tenant-database.js';
import { read as reads, sql, type Statement, write as writes, writeUrgently } from '../../src/database/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let serviceUrl: string;
let owner: pg.Pool;
/** Holds locks that others wait for. */
let holder: pg.Client;
let closing: { close(): Promise<unknown> }[];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2 });
  owner.on('error', () => undefined);
  serviceUrl = await ensureServiceLogin(database.url, 'connections');
  await owner.query(
    'CREATE TABLE counters (name text PRIMARY KEY, value integer NOT NULL); GRANT SELECT, UPDATE, INSERT ON counters TO countersign_service',
  );
  await owner.query(
    `CREATE TABLE things (id integer, word text) WITH (autovacuum_enabled = off); CREATE INDEX ON things (id); GRANT SELECT, INSERT ON things TO countersign_service`,
  );
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  closing = [];
  await owner.query(`TRUNCATE counters; INSERT INTO counters SELECT 'c' || n, 0 FROM generate_series(0, 600) n`);
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
});
afterEach(async () => {
  vi.useRealTimers();
  await holder.end();
  await Promise.all(closing.map((one) => one.close()));
});

const increment = writes(
  'test.increment',
  sql`UPDATE counters SET value = value + 1 WHERE name = :name RETURNING pg_backend_pid() AS pid`,
);
const incrementUrgently = writeUrgently(
  'test.incrementUrgently',
  sql`UPDATE counters SET value = value + 1 WHERE name = :name RETURNING pg_backend_pid() AS pid`,
);
const insert = writes('test.insert', sql`INSERT INTO counters VALUES (:name, 1) RETURNING pg_backend_pid() AS pid`);
const read = reads('test.read', sql`SELECT value, pg_backend_pid() AS pid FROM counters WHERE name = :name`);

const READERS = 2;
const WRITERS = 4;
/** Of these, for statements that are not urgent. */
const ORDINARY = WRITERS - 1;
let tenants = 0;

/** A database of a tenant of its own, whose connections are therefore told apart by their name. */
function tenantDatabase(change: Partial<TenantDatabaseOptions> = {}): TenantDatabase {
  const db = new TenantDatabase({
    url: serviceUrl,
    tenantId: `tenant${(tenants += 1)}`,
    sharedConnections: READERS,
    writeConnections: WRITERS,
    pooledConnections: 1,
    ...change,
  });
  closing.push(db);
  return db;
}

const nameOf = (db: TenantDatabase): string => `countersign ${db.tenantId}`;

async function connectionsOf(name: string): Promise<number[]> {
  const { rows } = await owner.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 ORDER BY pid',
    [name],
  );
  return rows.map(({ pid }) => pid);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_500; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came: ${what}`);
}

const untilWaiting = (name: string, statements = 1): Promise<void> =>
  until(`${statements} statements that wait`, async () => {
    const { rows } = await owner.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'`,
      [name],
    );
    return rows.length === statements;
  });

async function hold(...names: string[]): Promise<void> {
  await holder.query('BEGIN');
  await holder.query('SELECT FROM counters WHERE name = ANY($1) FOR UPDATE', [names]);
}

/** Whether a promise is settled, and whether it is, after everything that is ready has run. */
function watch<Result>(promise: Promise<Result>): { readonly promise: Promise<Result>; settled: boolean } {
  const watched = { promise, settled: false };
  void promise
    .finally(() => {
      watched.settled = true;
    })
    .catch(() => undefined);
  return watched;
}

describe('a statement that waits for the lock of somebody else', () => {
  it('holds up neither a read nor another write', async () => {
    const db = tenantDatabase();
    await hold('c0');
    const waiting = watch(db.query(increment, { name: 'c0' }));
    await untilWaiting(nameOf(db));
    for (let n = 1; n <= 20; n += 1) {
      expect(await db.query(increment, { name: `c${n}` })).toHaveLength(1);
      expect(await db.query(read, { name: `c${n}` })).toMatchObject([{ value: 1 }]);
    }
    expect(await db.query(read, { name: 'c0' })).toMatchObject([{ value: 0 }]);
    expect(waiting.settled).toBe(false);
    await holder.query('COMMIT');
    await waiting.promise;
    expect(await db.query(read, { name: 'c0' })).toMatchObject([{ value: 1 }]);
  });

  it('holds up none of many writes that are begun at once while it waits', async () => {
    const db = tenantDatabase();
    await hold('c0');
    const waiting = watch(db.query(increment, { name: 'c0' }));
    await untilWaiting(nameOf(db));
    await Promise.all(Array.from({ length: 500 }, (_, n) => db.query(increment, { name: `c${n + 1}` })));
    expect(waiting.settled).toBe(false);
    await holder.query('COMMIT');
    await waiting.promise;
    const { rows } = await owner.query('SELECT sum(value)::int AS sum, max(value) AS max FROM counters');
    expect(rows).toEqual([{ sum: 501, max: 1 }]);
  });

  it('holds up none that are begun together with it, nor before it is known to wait', async () => {
    const db = tenantDatabase();
    await hold('c0');
    const before = Array.from({ length: 40 }, (_, n) => db.query(increment, { name: `c${n + 1}` }));
    const waiting = watch(db.query(increment, { name: 'c0' }));
    const after = Array.from({ length: 400 }, (_, n) => db.query(increment, { name: `c${n + 41}` }));
    await Promise.all([...before, ...after]);
    expect(waiting.settled).toBe(false);
    await holder.query('COMMIT');
    await waiting.promise;
  });

  it('holds up none where every connection but one waits', async () => {
    const db = tenantDatabase();
    await hold('c0', 'c1');
    const waiting = [];
    for (const name of ['c0', 'c1']) {
      waiting.push(watch(db.query(increment, { name })));
      await untilWaiting(nameOf(db), waiting.length);
    }
    await Promise.all(Array.from({ length: 100 }, (_, n) => db.query(increment, { name: `c${n + 3}` })));
    expect(waiting.map(({ settled }) => settled)).toEqual([false, false]);
    await holder.query('COMMIT');
    await Promise.all(waiting.map(({ promise }) => promise));
  });

  it('holds up nothing urgent, where all others wait for it: a connection is kept for that', async () => {
    const db = tenantDatabase();
    await hold('c0', 'c1', 'c2');
    const waiting = ['c0', 'c1', 'c2'].map((name) => watch(db.query(increment, { name })));
    await untilWaiting(nameOf(db), ORDINARY);
    const next = watch(db.query(increment, { name: 'c3' }));
    for (let n = 4; n <= 20; n += 1) expect(await db.query(incrementUrgently, { name: `c${n}` })).toHaveLength(1);
    expect([...waiting, next].map(({ settled }) => settled)).toEqual([false, false, false, false]);
    expect(db.pressure().statements).toBe(4);
    await holder.query('COMMIT');
    await Promise.all([...waiting, next].map(({ promise }) => promise));
    const { rows } = await owner.query('SELECT count(*)::int AS count FROM counters WHERE value = 1');
    expect(rows).toEqual([{ count: 21 }]);
  });

  it('lets what is urgent go first, where there is but one connection', async () => {
    const db = tenantDatabase({ writeConnections: 1 });
    await hold('c0');
    const first = db.query(increment, { name: 'c0' });
    await untilWaiting(nameOf(db));
    const order: string[] = [];
    const noted = (name: string, query: Promise<unknown>): Promise<unknown> => query.then(() => order.push(name));
    const all = [
      noted('one', db.query(increment, { name: 'c1' })),
      noted(
        'transaction',
        db.reserve().then((reserved) => reserved.release(false)),
      ),
      noted('urgent', db.query(incrementUrgently, { name: 'c2' })),
    ];
    await holder.query('COMMIT');
    await Promise.all([first, ...all]);
    expect(order).toEqual(['urgent', 'one', 'transaction']);
  });

  it('is seen as pressure once all connections are taken, and no more when they are free', async () => {
    const db = tenantDatabase();
    await hold('c0', 'c1', 'c2');
    const waiting = ['c0', 'c1'].map((name) => db.query(increment, { name }));
    await untilWaiting(nameOf(db), 2);
    expect(db.pressure().waitedMs).toBe(0);
    waiting.push(db.query(increment, { name: 'c2' }));
    await untilWaiting(nameOf(db), ORDINARY);
    expect(db.pressure().waitedMs).toBeGreaterThan(0);
    await db.query(incrementUrgently, { name: 'c5' });
    const before = db.pressure().waitedMs;
    await until('more of it', async () => db.pressure().waitedMs > before);
    await holder.query('COMMIT');
    await Promise.all(waiting);
    expect(db.pressure()).toEqual({ waitedMs: 0, statements: 0 });
  });

  it('fails alone when it has waited for as long as it may, and its connection is used again', async () => {
    const db = tenantDatabase({ writeConnections: 1 });
    await hold('c0');
    await expect(db.query(increment, { name: 'c0' })).rejects.toSatisfy(
      (error) => isDatabaseUnavailable(error) && (error as pg.DatabaseError).code === '55P03',
    );
    const [pid] = await connectionsOf(nameOf(db));
    expect(await db.query(increment, { name: 'c1' })).toEqual([{ pid }]);
    await holder.query('ROLLBACK');
  });
});

describe('the connections of a tenant', () => {
  it('are opened as they are needed, and never more of them than may be, for reads and for writes', async () => {
    const db = tenantDatabase();
    expect(await connectionsOf(nameOf(db))).toEqual([]);
    const pids = async (count: number, what: Statement): Promise<Set<number>> =>
      new Set(
        (
          await Promise.all(
            Array.from({ length: count }, (_, n) =>
              db.query<{ pid: number }>(what, { name: what === insert ? randomUUID() : `c${n}` }),
            ),
          )
        )
          .flat()
          .map(({ pid }) => pid),
      );
    const one = await pids(1, read);
    expect(new Set(await connectionsOf(nameOf(db)))).toEqual(one);
    const readers = await pids(300, read);
    expect(readers.size).toBe(READERS);
    const ordinary = new Set([...(await pids(300, increment)), ...(await pids(300, insert))]);
    expect(ordinary.size).toBe(ORDINARY);
    const [, urgent] = await Promise.all([pids(300, increment), pids(300, incrementUrgently)]);
    const writers = new Set([...ordinary, ...urgent]);
    expect(writers.size).toBe(WRITERS);
    const all = await connectionsOf(nameOf(db));
    expect(all).toHaveLength(READERS + WRITERS);
    expect(new Set(all)).toEqual(new Set([...readers, ...writers]));
    await Promise.all([pids(400, read), pids(400, increment)]);
    expect(await connectionsOf(nameOf(db))).toEqual(all);
  });

  it('give each statement its own rows and its own error, however many share one', async () => {
    const db = tenantDatabase({ writeConnections: 1, sharedConnections: 1 });
    const twice = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) =>
        db.query<{ pid: number }>(n % 2 === 0 ? increment : insert, { name: `c${n}` }),
      ),
    );
    twice.forEach((outcome, n) => expect(outcome.status).toBe(n % 2 === 0 ? 'fulfilled' : 'rejected'));
    const values = await Promise.all(
      Array.from({ length: 200 }, (_, n) => db.query<{ value: number }>(read, { name: `c${n}` })),
    );
    values.forEach((rows, n) => expect(rows).toMatchObject([{ value: n % 2 === 0 ? 1 : 0 }]));
  });

  it('that are killed are replaced, and only what was under way on them fails', async () => {
    const db = tenantDatabase({ sharedConnections: 1, writeConnections: 2 });
    await hold('c0');
    const broken = db.query(increment, { name: 'c0' }).catch((error: unknown) => error);
    await untilWaiting(nameOf(db));
    await db.query(read, { name: 'c1' });
    const killed = await connectionsOf(nameOf(db));
    await owner.query('SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) pid', [killed]);
    expect(await broken).toSatisfy(isDatabaseUnavailable);
    await holder.query('ROLLBACK');
    for (const what of [read, increment]) {
      // The first may still be sent to the old connection, whose end has not been heard of.
      await db.query(what, { name: 'c1' }).catch((error: unknown) => expect(error).toSatisfy(isDatabaseUnavailable));
      const [row] = await db.query<{ pid: number }>(what, { name: 'c2' });
      expect(killed).not.toContain(row!.pid);
    }
    expect((await connectionsOf(nameOf(db))).length).toBeLessThanOrEqual(3);
    expect(await db.query(read, { name: 'c0' })).toMatchObject([{ value: 0 }]);
  });

  it('end when the database is closed, once what is under way is done, and are not opened again', async () => {
    const db = new TenantDatabase({
      url: serviceUrl,
      tenantId: 'closing',
      sharedConnections: READERS,
      writeConnections: WRITERS,
      pooledConnections: 1,
    });
    const writes = Array.from({ length: WRITERS }, (_, n) => db.query(increment, { name: `c${n}` }));
    await db.query(read, { name: 'c0' });
    await db.close();
    await Promise.all(writes);
    await until('the end of all connections', async () => (await connectionsOf(nameOf(db))).length === 0);
    for (const what of [read, increment])
      await expect(db.query(what, { name: 'c0' })).rejects.toSatisfy(isDatabaseUnavailable);
    expect(await connectionsOf(nameOf(db))).toEqual([]);
  });

  it('are not waited for without end', async () => {
    const db = tenantDatabase({ writeConnections: 1 });
    await holder.query('BEGIN; LOCK TABLE counters');
    const first = db.query(increment, { name: 'c0' });
    await untilWaiting(nameOf(db));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const second = expect(db.query(increment, { name: 'c1' })).rejects.toSatisfy(isDatabaseUnavailable);
    vi.advanceTimersByTime(4_000);
    await second;
    vi.useRealTimers();
    await holder.query('COMMIT');
    expect(await first).toHaveLength(1);
    expect(await db.query(read, { name: 'c1' })).toMatchObject([{ value: 0 }]);
  });
});

describe('connections that have nothing to do', () => {
  const NAME = 'idling';
  const byName = (name: string): pg.QueryConfig => ({ name: 'test.increment', text: increment.text, values: [name] });

  it('are closed after a while, but for one that waits, and are opened again when they are needed', async () => {
    const shared = new SharedConnections({
      connection: { connectionString: database.url, application_name: NAME },
      most: 3,
      deep: 1,
      idleMs: 200,
    });
    closing.push(shared);
    await hold('c0');
    const waiting = watch(shared.query<{ pid: number }>(byName('c0')));
    await untilWaiting(NAME);
    await Promise.all(Array.from({ length: 20 }, (_, n) => shared.query(byName(`c${n + 1}`))));
    await until('the end of those that idle', async () => (await connectionsOf(NAME)).length === 1);
    expect(waiting.settled).toBe(false);
    const [left] = await connectionsOf(NAME);
    await shared.query(byName('c30'));
    await holder.query('COMMIT');
    expect(await waiting.promise).toEqual([{ pid: left }]);
    await until('the end of all', async () => (await connectionsOf(NAME)).length === 0);
    await hold('c40', 'c41', 'c42');
    const names = ['c40', 'c41', 'c42', ...Array.from({ length: 20 }, (_, n) => `c${n + 1}`)];
    const asked = watch(Promise.all(names.map((name) => shared.query<{ pid: number }>(byName(name)))));
    await untilWaiting(NAME, 3);
    await holder.query('COMMIT');
    const again = await asked.promise;
    expect(again.flat().map(({ pid }) => pid)).not.toContain(left);
    expect(new Set(again.flat().map(({ pid }) => pid)).size).toBe(3);
    const { rows } = await owner.query(`SELECT count(*)::int AS count FROM counters WHERE value = 2`);
    expect(rows).toEqual([{ count: 20 }]);
  });

  it('are kept where nothing is said of idling, as those that read are', async () => {
    const shared = new SharedConnections({
      connection: { connectionString: database.url, application_name: 'kept' },
      most: 1,
    });
    closing.push(shared);
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
    const [first] = await shared.query<{ pid: number }>(byName('c1'));
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(await shared.query(byName('c1'))).toEqual([first]);
  });
});

describe('a plan that was made while a table was empty', () => {
  beforeEach(async () => {
    await owner.query('TRUNCATE things; ANALYZE things');
  });

  const fill = (): Promise<unknown> =>
    owner.query(`INSERT INTO things SELECT n, repeat('word ', 20) FROM generate_series(1, 20000) n`);
  const passTime = (ms: number): void => {
    vi.advanceTimersByTime(ms);
  };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });

  const planIn = (rows: readonly object[]): string => rows.map((row) => Object.values(row).join()).join('\n');

  it('is made anew on the same connection after a second, and reads the index by then', async () => {
    const shared = new SharedConnections({
      connection: {
        connectionString: database.url,
        application_name: 'plans',
        options: '-c plan_cache_mode=force_generic_plan',
      },
      most: 1,
    });
    closing.push(shared);
    const ask = (): Promise<object[]> =>
      shared.query({ name: 'test.thing', text: 'SELECT word FROM things WHERE id = $1', values: [77] });
    const plan = async (): Promise<string> => planIn(await shared.query({ text: 'EXPLAIN EXECUTE "test.thing" (77)' }));
    expect(await ask()).toEqual([]);
    const [pid] = await connectionsOf('plans');
    await fill();
    passTime(900);
    expect(await ask()).toHaveLength(1);
    expect(await plan()).toContain('Seq Scan on things');
    passTime(200);
    expect(await ask()).toHaveLength(1);
    expect(await plan()).toMatch(/Index (Only )?Scan (using|on) things_id_idx/);
    expect(await connectionsOf('plans')).toEqual([pid]);
  });

  it('is kept twice as long each time, up to a minute', async () => {
    const shared = new SharedConnections({
      connection: {
        connectionString: database.url,
        application_name: 'aging',
        options: '-c plan_cache_mode=force_generic_plan',
      },
      most: 1,
    });
    closing.push(shared);
    const ask = (): Promise<object[]> =>
      shared.query({ name: 'test.thing', text: 'SELECT word FROM things WHERE id = $1', values: [77] });
    const isForgotten = async (): Promise<boolean> =>
      /Index (Only )?Scan/.test(planIn(await shared.query({ text: 'EXPLAIN EXECUTE "test.thing" (77)' })));
    await ask();
    for (const keptMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      await owner.query('TRUNCATE things; ANALYZE things');
      await ask();
      await fill();
      passTime(keptMs);
      expect([keptMs, await isForgotten()]).toEqual([keptMs, false]);
      passTime(1);
      expect([keptMs, await isForgotten()]).toEqual([keptMs, true]);
    }
  });

  it('is made anew for transactions, and for statements that write, of a tenant too', async () => {
    const db = tenantDatabase({ writeConnections: 1, sharedConnections: 1 });
    const thing = reads('test.thing', sql`SELECT word FROM things WHERE id = :id`);
    const explained = reads('test.explain', sql`EXPLAIN EXECUTE "test.thing" (77)`);
    const ask = (): Promise<string> =>
      db.transaction(async (handle) => {
        // Only after five times does PostgreSQL plan for all values.
        for (let time = 0; time < 8; time += 1) await handle.query(thing, { id: 77 });
        return planIn(await handle.query(explained, {}));
      });
    expect(await ask()).toContain('Seq Scan on things');
    await fill();
    expect(await ask()).toContain('Seq Scan on things');
    passTime(1_001);
    expect(await ask()).toMatch(/Index (Only )?Scan/);
  });
});
