import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPgBouncer, NO_PGBOUNCER, type PgBouncer, startPgBouncer } from '../../bench/drills/pgbouncer.js';
import { examine } from '../../src/boot/doctor/doctor.js';
import { servicePassword } from '../../src/boot/service-database.js';
import { startService } from '../../src/boot/service.js';
import { readConfig } from '../../src/config/config.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { createBareDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Reply } from '../support/service-client.js';
import { freePort } from '../../bench/load/free-port.js';
import { type Identities, LINE, startTestService, type TestService } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const installed = await findPgBouncer();
if (!installed) process.stderr.write(`${NO_PGBOUNCER}\n`);
const MASTER_KEY = Buffer.alloc(32, 7);
/** Fewer than there are connections, and than there are banks at work: each session is many banks' in turn. */
const SESSIONS = 2;
const BANKS = ['northbank', 'southbank'] as const;
/** The same at both banks. */
const CUSTOMERS = [0, 1, 2].map((n) => `cust-${n}-of-both-banks`);
const [CUSTOMER] = CUSTOMERS as [string];
const SOON = { timeout: 60_000, interval: 50 };

/** The same address without its login. */
function withoutLogin(url: string): string {
  const direct = new URL(url);
  direct.username = direct.password = '';
  return direct.toString();
}

function addresses(pooler: PgBouncer, database: string): NodeJS.ProcessEnv {
  return {
    DATABASE_POOLER: 'transaction',
    DATABASE_URL: pooler.through(database),
    DATABASE_DIRECT_URL: withoutLogin(database),
  };
}

describe.skipIf(!installed)('behind a PgBouncer that hands out sessions for each transaction', () => {
  let service: TestService;
  let pooler: PgBouncer;
  let serviceUrl: string;
  let banks: Record<string, Identities>;

  beforeAll(async () => {
    service = await startTestService({}, async (database) => {
      serviceUrl = await ensureServiceLogin(database, servicePassword(MASTER_KEY));
      pooler = await startPgBouncer(installed!.program, database, { default_pool_size: String(SESSIONS) });
      return addresses(pooler, database);
    });
    const clients = await Promise.all(BANKS.map((bank) => service.clients(bank)));
    banks = Object.fromEntries(BANKS.map((bank, n) => [bank, clients[n]!]));
    for (const bank of BANKS) {
      const { admin } = banks[bank]!;
      expect(
        (await admin.put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: bank })).status,
      ).toBeLessThan(300);
      const phoneNumbers = [{ number: '+447700900123' }];
      for (const customerId of CUSTOMERS)
        expect((await admin.put(`/v1/customers/${customerId}`, { phoneNumbers })).status).toBeLessThan(300);
    }
  });
  afterAll(async () => {
    await service?.stop();
    await pooler?.stop();
  });

  const pooledSessions = (): Promise<{ pid: number }[]> =>
    service.sql<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'countersign\\_service\\_%'
          AND application_name NOT IN ('countersign jobs')`,
    );

  /** What a bank does; whatever says anything of a bank has to be of this one. */
  async function story(
    bank: string,
    served: (ask: () => Promise<Reply>) => Promise<Reply>,
    customerId = CUSTOMER,
  ): Promise<void> {
    const { admin, amara, app } = banks[bank]!;
    const purpose = `A payment of ${bank}`;
    const declared = { customerId, direction: 'outbound', line: LINE, purpose };
    const key = { headers: { 'idempotency-key': randomUUID() } };
    const call = await served(() => amara.post('/v1/calls', declared, key));
    expect([call.status, call.body.purpose]).toEqual([201, purpose]);
    const id = call.body.id as string;
    const foreign = BANKS.find((other) => other !== bank)!;
    const [read, lines, calls, verdict, stranger, failed] = (await Promise.all([
      served(() => amara.get(`/v1/calls/${id}`)),
      served(() => admin.get('/v1/lines')),
      served(() => amara.get(`/v1/calls?customerId=${customerId}`)),
      served(() => app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE })),
      served(() => banks[foreign]!.amara.get(`/v1/calls/${id}`)),
      // Ends in a transaction that is taken back.
      served(() => amara.post('/v1/calls', { ...declared, purpose: 'Something else' }, key)),
    ])) as [Reply, Reply, Reply, Reply, Reply, Reply];
    expect(read.body).toMatchObject({ id, purpose });
    expect(JSON.stringify(lines.body).match(/"label":"\w+bank"/g)).toEqual([`"label":"${bank}"`]);
    expect(new Set(JSON.stringify(calls.body).match(/A payment of \w+/g))).toEqual(new Set([purpose]));
    expect(verdict).toMatchObject({ status: 200, body: { verdict: 'legitimate' } });
    expect([stranger.status, failed.status >= 400]).toEqual([404, true]);
    const ending = { headers: { 'idempotency-key': randomUUID() } };
    expect((await served(() => amara.post(`/v1/calls/${id}/end`, undefined, ending))).status).toBe(200);
  }

  /** Asks again where there is too much to do: nobody is to be told anything of another bank instead. */
  async function patiently(ask: () => Promise<Reply>): Promise<Reply> {
    for (const deadline = Date.now() + 60_000; ;) {
      const reply = await ask();
      // 409: of a request whose connection was cut it is not known yet whether it was done.
      const isAway = [409, 503].includes(reply.status) || reply.body?.verdict === 'unknown';
      if (!isAway || Date.now() > deadline) return reply;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
    }
  }

  it('gives each of two banks its own answers while they share the sessions', async () => {
    for (let round = 0; round < 5; round += 1)
      await Promise.all(BANKS.flatMap((bank) => CUSTOMERS.map((customerId) => story(bank, patiently, customerId))));
    const { clients, sessions } = await pooler.counts();
    expect([clients > 2 * SESSIONS, sessions]).toEqual([true, SESSIONS]);
    const rows = await service.sql<{ tenant_id: string; calls: number }>(
      'SELECT tenant_id, count(*)::int AS calls FROM calls GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual(BANKS.map((bank) => ({ tenant_id: bank, calls: 5 * CUSTOMERS.length })));
  });

  it('goes on so while its sessions are ended one after the other', async () => {
    let isOver = false;
    let ended = 0;
    const ending = (async () => {
      while (!isOver) {
        const [one] = await pooledSessions();
        if (one) ended += (await service.sql('SELECT pg_terminate_backend($1)', [one.pid])).length;
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    })();
    try {
      for (let round = 0; round < 4; round += 1)
        await Promise.all(BANKS.flatMap((bank) => CUSTOMERS.map((customerId) => story(bank, patiently, customerId))));
    } finally {
      isOver = true;
      await ending;
    }
    expect(ended).toBeGreaterThan(5);
    await expect.poll(async () => (await fetch(`${service.url}/health/ready`)).status, SOON).toBe(200);
    await Promise.all(BANKS.map((bank) => story(bank, patiently)));
  });

  it('shows nothing to a statement that forgets its tenant, in whichever session', async () => {
    await Promise.all(BANKS.map((bank) => story(bank, patiently)));
    const clients = Array.from(
      { length: SESSIONS },
      () => new pg.Client({ connectionString: pooler.through(serviceUrl) }),
    );
    try {
      for (const client of clients) await client.connect();
      for (const client of clients) {
        await expect
          .poll(
            () =>
              client.query('BEGIN').then(
                () => true,
                () => false,
              ),
            SOON,
          )
          .toBe(true);
        const { rows } = await client.query<{ tenant: string | null; calls: number; customers: number }>(
          `SELECT current_setting('countersign.tenant', true) AS tenant, (SELECT count(*)::int FROM calls) AS calls,
                  (SELECT count(*)::int FROM customers) AS customers`,
        );
        expect([rows[0]!.tenant || null, rows[0]!.calls, rows[0]!.customers]).toEqual([null, 0, 0]);
        await client.query('COMMIT');
      }
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it('tells streams and webhooks of each bank what is its own', async () => {
    const receiver = await WebhookReceiver.start();
    const streams = await Promise.all(
      BANKS.map((bank) => banks[bank]!.admin.stream('/v1/events/stream?types=countersign.call.declared')),
    );
    try {
      for (const bank of BANKS) {
        const webhook = { url: `${receiver.url}/${bank}`, types: ['countersign.call.declared'] };
        expect((await banks[bank]!.admin.post('/v1/webhooks', webhook)).status).toBe(201);
      }
      const ids = new Map<string, string[]>();
      for (const bank of BANKS) {
        const declared = { customerId: CUSTOMER, direction: 'outbound', line: LINE, purpose: `Told to ${bank}` };
        const calls = await Promise.all([0, 1, 2].map(() => banks[bank]!.amara.post('/v1/calls', declared)));
        ids.set(bank, calls.map(({ body }) => body.id as string).sort());
      }
      for (const [n, bank] of BANKS.entries()) {
        const told = [];
        while (told.length < 3) told.push((await streams[n]!.next())!.data.subject as string);
        expect(told.sort()).toEqual(ids.get(bank));
        const received = (): string[] =>
          receiver.received.filter(({ path }) => path === `/${bank}`).map(({ event }) => event.subject as string);
        await expect.poll(() => [...new Set(received())].sort(), SOON).toEqual(ids.get(bank));
      }
    } finally {
      for (const stream of streams) stream.close();
      await receiver.stop();
    }
  });

  it('works in the background at the database itself', async () => {
    const rows = await service.sql<{ name: string }>(
      `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database()`,
    );
    expect(rows).toContainEqual({ name: 'countersign jobs' });
  });
});

describe.skipIf(!installed)('a start with a pooler', () => {
  let database: TestDatabase;
  let other: TestDatabase | undefined;
  let pooler: PgBouncer | undefined;

  afterEach(async () => {
    await pooler?.stop();
    await other?.drop();
    await database.drop();
    [pooler, other] = [undefined, undefined];
  });

  async function withSettings<Result>(
    given: NodeJS.ProcessEnv,
    work: (settings: NodeJS.ProcessEnv) => Promise<Result>,
  ): Promise<Result> {
    const folder = await makeTemporaryFolder();
    try {
      return await work({
        DATA_DIR: folder,
        PORT: String(await freePort()),
        LOG_LEVEL: 'silent',
        MASTER_KEY: MASTER_KEY.toString('base64'),
        ...given,
      });
    } finally {
      await removeTemporaryFolder(folder);
    }
  }

  const refusal = (given: NodeJS.ProcessEnv): Promise<string | null> =>
    withSettings(given, async (settings) => {
      try {
        await (await startService(readConfig(settings))).stop();
        return null;
      } catch (error) {
        return (error as Error).message;
      }
    });

  async function prepare(settings: Record<string, string> = {}): Promise<PgBouncer> {
    database = await createTestDatabase();
    await ensureServiceLogin(database.url, servicePassword(MASTER_KEY));
    return (pooler = await startPgBouncer(installed!.program, database.url, settings));
  }

  it('migrates at the database itself, and serves once the pooler lets its login in', async () => {
    database = await createBareDatabase();
    pooler = await startPgBouncer(installed!.program, database.url);
    expect(await refusal(addresses(pooler, database.url))).not.toBeNull();
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    const { rows } = await owner.query<{ n: number }>('SELECT count(*)::int AS n FROM migrations');
    await owner.end();
    expect(rows[0]!.n).toBeGreaterThan(40);
    await pooler.letIn();
    const given = addresses(pooler, database.url);
    await expect.poll(() => refusal(given), { timeout: 30_000, interval: 200 }).toBeNull();
  });

  it('is refused where the direct address leads to the pooler too', async () => {
    const { through } = await prepare({ ignore_startup_parameters: 'options' });
    const given = { ...addresses(pooler!, database.url), DATABASE_DIRECT_URL: withoutLogin(through(database.url)) };
    expect(await refusal(given)).toMatch(/^DATABASE_DIRECT_URL leads to a connection pooler/);
  });

  it('is refused where both lead to two databases', async () => {
    await prepare();
    other = await createTestDatabase();
    const login = await ensureServiceLogin(other.url, servicePassword(MASTER_KEY));
    const serving = await ensureServiceLogin(database.url, servicePassword(MASTER_KEY));
    await pooler!.letIn();
    const given = {
      DATABASE_POOLER: 'transaction',
      SERVICE_DATABASE_URL: pooler!.through(serving),
      DATABASE_DIRECT_URL: withoutLogin(other.url),
      MIGRATE: 'false',
    };
    expect(login).not.toBe(serving);
    expect(await refusal(given)).toMatch(/lead to two databases/);
  });

  it('is refused where the pooler takes no transactions', async () => {
    await prepare({ pool_mode: 'statement' });
    expect(await refusal(addresses(pooler!, database.url))).toMatch(/Set its pool_mode to transaction/);
  });

  it('is found in order by `npm run doctor`', async () => {
    await prepare();
    const found = await withSettings(addresses(pooler!, database.url), examine);
    expect(found.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(found).toContainEqual({
      check: 'pooler',
      result: 'ok',
      detail: 'It leads to the same database, as the login that serves.',
    });
  });
});
