import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { onceReached } from '../support/once-reached.js';
import { type Reply, ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { buildProgram, type Program, type RunningProgram } from '../support/program.js';
import { LINE, newCustomerId } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const TENANTS = ['northbank', 'southbank'];
const SOON = { timeout: 60_000, interval: 50 };

let program: Program;
let clusterFolder: string;
let cluster: EmbeddedPostgres;
let owner: pg.Client;
beforeAll(async () => {
  [program, clusterFolder] = await Promise.all([buildProgram('few-connections'), makeTemporaryFolder()]);
  const settings = { max_connections: '20', fsync: 'off', synchronous_commit: 'off' };
  cluster = await startEmbeddedPostgres({
    dataDirectory: clusterFolder,
    database: 'few',
    settings,
    log: () => undefined,
  });
  owner = new pg.Client({ connectionString: cluster.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await cluster.stop();
  await removeTemporaryFolder(clusterFolder);
  await program.remove();
});

/** What each tenant asks for, as whom. */
interface Callers {
  readonly agent: ServiceClient;
  readonly app: ServiceClient;
  readonly admin: ServiceClient;
}

async function callersOf(running: RunningProgram, dataDirectory: string, tenant: string): Promise<Callers> {
  const as = async (identity: string): Promise<ServiceClient> =>
    new ServiceClient(
      running.url,
      await fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant, identity }),
    );
  const [agent, app, admin] = await Promise.all([as('agent:amara'), as('app'), as('admin')]);
  expect(
    (await admin.put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'Calls' })).status,
  ).toBeLessThan(300);
  return { agent, app, admin };
}

const declare = ({ agent }: Callers, customerId: string, headers: Record<string, string> = {}): Promise<Reply> =>
  agent.post(
    '/v1/calls',
    { customerId, direction: 'outbound', line: LINE, purpose: 'A payment we stopped' },
    { headers },
  );
const verdict = ({ app }: Callers, customerId: string): Promise<Reply> =>
  onceReached(() =>
    app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
  );

/** All that one customer goes through: single statements, transactions, and both under a key. */
async function story(callers: Callers): Promise<string> {
  const customerId = newCustomerId();
  const key = { 'idempotency-key': randomUUID() };
  expect(
    (await callers.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: '+447700900123' }] })).status,
  ).toBe(201);
  const [first, again] = await Promise.all([declare(callers, customerId, key), declare(callers, customerId, key)]);
  expect([201, 409]).toContain(first.status);
  expect([201, 409]).toContain(again.status);
  const call = [first, again].find(({ status }) => status === 201)!;
  expect(await verdict(callers, customerId)).toMatchObject({ status: 200, body: { verdict: 'legitimate' } });
  expect((await callers.agent.get(`/v1/calls/${call.body.id}`)).body).toMatchObject({
    id: call.body.id,
    state: 'live',
  });
  expect(
    (
      await callers.agent.post(`/v1/calls/${call.body.id}/end`, undefined, {
        headers: { 'idempotency-key': randomUUID() },
      })
    ).status,
  ).toBe(200);
  expect((await verdict(callers, customerId)).body).toMatchObject({ verdict: 'not_legitimate' });
  return customerId;
}

async function expectServed(all: readonly Callers[], atOnce: number): Promise<void> {
  const customers = await Promise.all(all.flatMap((callers) => Array.from({ length: atOnce }, () => story(callers))));
  const { rows } = await owner.query(
    'SELECT count(*)::int AS calls, count(DISTINCT customer_id)::int AS customers FROM calls WHERE customer_id = ANY($1)',
    [customers],
  );
  expect(rows).toEqual([{ calls: customers.length, customers: customers.length }]);
}

const connections = async (): Promise<number> =>
  (await owner.query(`SELECT FROM pg_stat_activity WHERE application_name LIKE 'countersign%'`)).rows.length;

/** Sessions of somebody else, until the server takes no more of them but those that it keeps for superusers. */
class Strangers {
  private readonly clients: pg.Client[] = [];

  static async takeAll(): Promise<Strangers> {
    await owner.query(
      `DO $$ BEGIN CREATE ROLE stranger LOGIN PASSWORD 'stranger'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    const url = new URL(cluster.url);
    [url.username, url.password] = ['stranger', 'stranger'];
    const strangers = new Strangers();
    for (;;) {
      const client = new pg.Client({ connectionString: url.toString() });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch (error) {
        expect((error as { code?: string }).code).toBe('53300');
        return strangers;
      }
      strangers.clients.push(client);
    }
  }

  async go(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.end()));
  }
}

describe.each([1, 2])('a database that takes 20 connections, for two tenants and %i process(es)', (processes) => {
  let dataDirectory: string;
  let running: RunningProgram;
  let all: Callers[];
  let strangers: Strangers | undefined;
  const environment = (): NodeJS.ProcessEnv => ({
    DATABASE_URL: cluster.url,
    DATA_DIR: dataDirectory,
    PROCESSES: String(processes),
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
  beforeAll(async () => {
    dataDirectory = await makeTemporaryFolder();
  });
  afterAll(() => removeTemporaryFolder(dataDirectory));
  beforeEach(async () => {
    strangers = undefined;
    running = await program.start(environment());
    all = await Promise.all(TENANTS.map((tenant) => callersOf(running, dataDirectory, tenant)));
  });
  afterEach(async () => {
    await strangers?.go();
    await running.stop();
    expect(running.child.exitCode).toBe(0);
    await expect.poll(connections, SOON).toBe(0);
  });

  it('is enough: all is served and right under load, and no connection is refused', async () => {
    for (const atOnce of [1, 10, 20]) await expectServed(all, atOnce);
    expect(running.log()).toContain('fewer are opened');
    // An SQLSTATE, and no part of a duration.
    expect(running.log()).not.toMatch(/(?<![\d.])53300(?!\d)/);
    // Of the 20, PostgreSQL keeps three for superusers, one of which is the test's.
    expect(await connections()).toBeLessThanOrEqual(16);
  });

  it('is enough where somebody else takes all that is left', async () => {
    await expectServed(all, 2);
    strangers = await Strangers.takeAll();
    for (const atOnce of [1, 15]) await expectServed(all, atOnce);
    await expect.poll(async () => (await fetch(`${running.url}/health/ready`)).status, SOON).toBe(200);
  });

  it('keeps nobody from starting: what finds none free waits for one', async () => {
    await running.stop();
    await expect.poll(connections, SOON).toBe(0);
    strangers = await Strangers.takeAll();
    const starting = program.start(environment());
    const before = await Promise.race([
      starting.then(() => 'started'),
      new Promise((resolve) => setTimeout(resolve, 4_000, 'waits')),
    ]);
    expect(before).toBe('waits');
    await strangers.go();
    running = await starting;
    all = await Promise.all(TENANTS.map((tenant) => callersOf(running, dataDirectory, tenant)));
    await expectServed(all, 10);
  });
});
