import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Databases } from '../../src/database/databases.js';
import { Jobs } from '../../src/database/jobs.js';
import { createLogger } from '../../src/observability/logger.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { PatientPool } from '../../src/database/patient-pool.js';
import { Scarcity } from '../../src/database/scarcity.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { read as reads, sql, write as writes } from '../../src/database/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { registryOf } from '../support/registry.js';

let database: TestDatabase;
let serviceUrl: string;
let login: string;
let owner: pg.Client;
let closing: { close(): Promise<unknown> }[];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  serviceUrl = await ensureServiceLogin(database.url, 'few');
  login = pg.escapeIdentifier(decodeURIComponent(new URL(serviceUrl).username));
  await owner.query(
    'CREATE TABLE counters (name text PRIMARY KEY, value integer NOT NULL); GRANT SELECT, UPDATE ON counters TO countersign_service',
  );
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  closing = [];
  await owner.query(`TRUNCATE counters; INSERT INTO counters SELECT 'c' || n, 0 FROM generate_series(0, 99) n`);
});
afterEach(async () => {
  await allow(-1);
  await Promise.all(closing.map((one) => one.close()));
  await until('the end of all connections', async () => (await open()) === 0);
});

function twoJobs(): Jobs {
  const logger = createLogger('silent');
  const none = { tenants: registryOf(), sharedConnections: 1, writeConnections: 1, pooledConnections: 1 };
  return new Jobs(
    { work: true, concurrency: 2, connections: 2 },
    logger,
    new Databases({ serviceUrl, ...none }, logger),
  );
}

const increment = writes(
  'test.increment',
  sql`UPDATE counters SET value = value + 1 WHERE name = :name RETURNING pg_backend_pid() AS pid`,
);
const read = reads('test.read', sql`SELECT value FROM counters WHERE name = :name`);
const rest = reads('test.rest', sql`SELECT pg_sleep(0.02)`);

/** As if max_connections were so many: the server says the same of a login's limit (53300). */
const allow = (connections: number): Promise<unknown> =>
  owner.query(`ALTER ROLE ${login} CONNECTION LIMIT ${connections}`);

async function open(like = ''): Promise<number> {
  const { rows } = await owner.query(
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND application_name LIKE $2',
    [decodeURIComponent(new URL(serviceUrl).username), `%${like}`],
  );
  return rows.length;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came: ${what}`);
}

function tenantDatabase(tenantId: string, scarcity = new Scarcity()): TenantDatabase {
  const db = new TenantDatabase({
    url: serviceUrl,
    tenantId,
    sharedConnections: 4,
    writeConnections: 8,
    pooledConnections: 8,
    scarcity,
  });
  closing.push(db);
  return db;
}

/** Statements that read and write, transactions, and transactions on connections for statements. */
function everything(db: TenantDatabase, each: number): Promise<unknown>[] {
  return Array.from({ length: each }, (_, n) => `c${n}`).flatMap((name) => [
    db.query(increment, { name }),
    db.query(read, { name }),
    db.transaction(async (tx) => {
      await tx.query(rest, {});
      await tx.query(increment, { name });
    }),
    (async () => {
      const connection = await db.reserve();
      try {
        await connection.query({ text: 'BEGIN' });
        await connection.query({ text: increment.text, values: [name] });
        await connection.query({ text: 'COMMIT' });
      } finally {
        connection.release(false);
      }
    })(),
  ]);
}

const total = async (): Promise<number> =>
  (await owner.query('SELECT sum(value)::int AS sum FROM counters')).rows[0].sum;

describe('a server that takes no further connection', () => {
  it('fails nothing, where one of each kind is open', async () => {
    const db = tenantDatabase('open');
    await Promise.all([
      db.query(increment, { name: 'c99' }),
      db.query(read, { name: 'c99' }),
      db.transaction((tx) => tx.query(read, { name: 'c99' })),
    ]);
    await expect.poll(() => open()).toBe(3);
    await allow(3);
    await Promise.all(everything(db, 30));
    expect(await total()).toBe(1 + 3 * 30);
    // One that is just being refused is seen for a moment, too.
    await expect.poll(() => open()).toBe(3);
  });

  it('fails nothing where many are asked for at once and some are refused', async () => {
    await allow(7);
    const db = tenantDatabase('some');
    await Promise.all(everything(db, 30));
    expect(await total()).toBe(3 * 30);
    await expect.poll(() => open()).toBeLessThanOrEqual(7);
  });

  it('has transactions run where statements do, if none is open for them', async () => {
    const db = tenantDatabase('borrowed');
    await Promise.all([db.query(increment, { name: 'c99' }), db.query(read, { name: 'c99' })]);
    await allow(2);
    await Promise.all(everything(db, 10));
    expect(await total()).toBe(1 + 3 * 10);
    await expect(
      db.transaction(async (tx) => {
        await tx.query(increment, { name: 'c0' });
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
    expect(await total()).toBe(1 + 3 * 10);
  });

  it('is asked again where none is open, for as long as somebody waits', async () => {
    await allow(0);
    const db = tenantDatabase('none');
    const all = Promise.all(everything(db, 3));
    await until('refusals', async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return true;
    });
    await allow(2);
    await all;
    expect(await total()).toBe(9);
  });

  it('fails what waits for too long for a first one, and is used again once it takes one', async () => {
    await allow(0);
    const db = tenantDatabase('never');
    const outcomes = await Promise.allSettled(everything(db, 2));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await allow(3);
    await Promise.all(everything(db, 2));
    expect(await total()).toBe(6);
  });

  it('has a tenant with many give way to one that has none', async () => {
    const scarcity = new Scarcity();
    const many = tenantDatabase('many', scarcity);
    await Promise.all(everything(many, 20));
    const before = await open('many');
    expect(before).toBeGreaterThan(8);
    await allow(before);
    const few = tenantDatabase('few', scarcity);
    await Promise.all([...everything(few, 10), ...everything(many, 10)]);
    expect(await total()).toBe(3 * 40);
    expect(await open('few')).toBeGreaterThan(0);
    await expect.poll(() => open()).toBeLessThanOrEqual(before);
  });

  it('has all that is open killed, and is served by new ones', async () => {
    const db = tenantDatabase('killed');
    await Promise.all(everything(db, 5));
    await allow(3);
    await owner.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'countersign killed'`,
    );
    await until('their end', async () => {
      const outcomes = await Promise.allSettled(everything(db, 1));
      return outcomes.every(({ status }) => status === 'fulfilled');
    });
    await Promise.all(everything(db, 10));
    await expect.poll(() => open()).toBeLessThanOrEqual(3);
  });
});

describe('the pool of background work', () => {
  it('keeps no start from ending where it has no connection, and works once it has', async () => {
    await allow(0);
    const jobs = twoJobs();
    closing.push({ close: () => jobs.beforeApplicationShutdown() });
    const done: unknown[] = [];
    jobs.register('probe', (payload) => Promise.resolve(void done.push(payload)));
    await jobs.start();
    await owner.query(`SELECT graphile_worker.add_job('probe', '{"id":"1"}')`);
    expect(done).toEqual([]);
    await allow(2);
    await until('the job', () => Promise.resolve(done.length > 0));
    expect(done).toEqual([{ id: '1' }]);
  });

  it('ends with a service that stops before it had a connection', async () => {
    await allow(0);
    const jobs = twoJobs();
    await jobs.start();
    await jobs.beforeApplicationShutdown();
  });

  it('waits where no connection is to be had, however it is asked, and ends where it is ended', async () => {
    await allow(0);
    const pool = new PatientPool({ connectionString: serviceUrl, max: 4, askAgainMs: 50 });
    const asked = [
      pool.query('SELECT 1 AS one'),
      new Promise((resolve, reject) => {
        pool.query('SELECT 1 AS one', (error, result) => (error ? reject(error) : resolve(result)));
      }),
      pool.connect().then((client) => client.release()),
    ];
    let settled = 0;
    for (const one of asked)
      void one.then(() => {
        settled += 1;
      });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(settled).toBe(0);
    await allow(1);
    await Promise.all(asked);
    await allow(0);
    await pool.end();
    await expect(pool.query('SELECT 1')).rejects.toThrow(/end/);
  });
});
