import { randomUUID } from 'node:crypto';
import { ConnectionLost } from '@countersign/client';
import pg from 'pg';
import { Agent, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPgBouncer, NO_PGBOUNCER, type PgBouncer, startPgBouncer } from '../../bench/drills/pgbouncer.js';
import { freePort } from '../../bench/load/free-port.js';
import { servicePassword } from '../../src/boot/service-database.js';
import { ensureServiceLogin, migrate } from '../../src/database/migrate.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { untilServed } from '../support/many-banks.js';
import { buildProgram, type Program, type RunningProgram, servingPids } from '../support/program.js';
import { LINE, newCustomerId } from '../support/service.js';
import { type EventStream, type Reply, ServiceClient } from '../support/service-client.js';
import { type Standbys, startStandbys } from '../support/standby.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
// Each request on a connection of its own: the processes take connections in turn.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

const installed = await findPgBouncer();
if (!installed) process.stderr.write(`${NO_PGBOUNCER}\n`);
const MASTER_KEY = Buffer.alloc(32, 7);
const DATABASE = 'bank';
const BANKS = ['northbank', 'southbank'] as const;
const SOON = { timeout: 60_000, interval: 100 };
const IDENTITIES = ['admin', 'analyst', 'app', 'agent:amara'] as const;
type Callers = Record<(typeof IDENTITIES)[number], ServiceClient>;

describe.skipIf(!installed)('two processes behind PgBouncer, with a replica beside it', () => {
  let nodes: Standbys;
  let pooler: PgBouncer;
  let program: Program;
  let running: RunningProgram;
  let dataDirectory: string;
  let owner: pg.Client;
  let metricsPort: number;
  let banks: Map<string, Callers>;

  beforeAll(async () => {
    [nodes, program, dataDirectory, metricsPort] = await Promise.all([
      startStandbys(DATABASE),
      buildProgram('pooler-processes'),
      makeTemporaryFolder(),
      freePort(),
    ]);
    const url = nodes.primary.url(DATABASE);
    await migrate(url);
    await ensureServiceLogin(url, servicePassword(MASTER_KEY));
    pooler = await startPgBouncer(installed!.program, url, { default_pool_size: '4' });
    owner = new pg.Client({ connectionString: url });
    await owner.connect();
    running = await program.start({
      DATABASE_POOLER: 'transaction',
      DATABASE_URL: pooler.through(url),
      DATABASE_DIRECT_URL: `postgres://${nodes.primary.at}/${DATABASE}`,
      REPLICA_URL: `postgres://${nodes.replica.at}/${DATABASE}`,
      DATA_DIR: dataDirectory,
      METRICS_PORT: String(metricsPort),
      MASTER_KEY: MASTER_KEY.toString('base64'),
      PROCESSES: '2',
    });
    banks = new Map();
    for (const bank of BANKS) {
      banks.set(bank, await callersOf(bank));
      const path = `/v1/lines/${encodeURIComponent(LINE)}`;
      expect((await banks.get(bank)!.admin.put(path, { use: 'outbound', label: bank })).status).toBeLessThan(300);
    }
  });
  afterAll(async () => {
    await running?.stop();
    await owner?.end();
    await pooler?.stop();
    await nodes?.remove();
    await program?.remove();
    if (dataDirectory) await removeTemporaryFolder(dataDirectory);
  });

  async function callersOf(tenant: string): Promise<Callers> {
    const as = async (identity: string): Promise<ServiceClient> =>
      new ServiceClient(
        running.url,
        await fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant, identity }),
      );
    return Object.fromEntries(
      await Promise.all(IDENTITIES.map(async (identity) => [identity, await as(identity)])),
    ) as Callers;
  }

  /** Asks again also where the process that was to answer is gone. */
  const answered = (ask: () => Promise<Reply>): Promise<Reply> =>
    untilServed(() =>
      ask().catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) throw error;
        return { status: 503, headers: new Headers(), body: null };
      }),
    );
  const once = (): { headers: Record<string, string> } => ({ headers: { 'idempotency-key': randomUUID() } });

  /** A call with its verdicts while it goes on and after it; returns its id. */
  async function story(bank: string): Promise<string> {
    const { app, 'agent:amara': amara } = banks.get(bank)!;
    const customerId = newCustomerId();
    const purpose = `A payment of ${bank}`;
    const declared = { customerId, direction: 'outbound', line: LINE, purpose };
    const [declaration, ending] = [once(), once()];
    const call = await answered(() => amara.post('/v1/calls', declared, declaration));
    expect([call.status, call.body.purpose]).toEqual([201, purpose]);
    const asked = { trigger: 'ringing', incomingNumber: LINE };
    const verdict = (): Promise<Reply> => answered(() => app.post(`/v1/customers/${customerId}/call-verdicts`, asked));
    expect((await verdict()).body).toMatchObject({ verdict: 'legitimate' });
    expect((await answered(() => amara.post(`/v1/calls/${call.body.id}/end`, undefined, ending))).status).toBe(200);
    expect((await verdict()).body).toMatchObject({ verdict: 'not_legitimate' });
    return call.body.id as string;
  }

  async function report(bank: string): Promise<string> {
    const { app } = banks.get(bank)!;
    const said = { channel: 'sms', claimedSender: `Sender of ${bank}`, text: 'Your account is blocked' };
    const key = once();
    const path = `/v1/customers/${newCustomerId()}/reports`;
    const reply = await answered(() => app.post(path, said, key));
    expect(reply.status).toBe(201);
    return reply.body.id as string;
  }

  /** How often the replica was asked for something, by all processes together. */
  async function readsAtReplica(use: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const line = new RegExp(`^countersign_replica_reads_total\\{use="${use}",outcome="replica"\\} (\\d+)$`, 'm');
    return Number(line.exec(text)?.[1] ?? 0);
  }

  /** Lists and exports what was just reported, until the replica was asked for it: each time it is all there, and of this bank alone. */
  async function listAndExport(): Promise<void> {
    const before = await Promise.all(['listReports', 'exportReports'].map(readsAtReplica));
    let isRead = false;
    for (const deadline = Date.now() + SOON.timeout; !isRead && Date.now() < deadline;) {
      for (const bank of BANKS) {
        const { analyst } = banks.get(bank)!;
        const id = await report(bank);
        const list = await answered(() => analyst.get('/v1/reports?limit=100'));
        const whole = await answered(() => analyst.get('/v1/reports/export?format=ndjson'));
        for (const text of [JSON.stringify(list.body), String(whole.body)]) {
          expect(text).toContain(id);
          expect(new Set(text.match(/Sender of \w+/g))).toEqual(new Set([`Sender of ${bank}`]));
        }
      }
      const after = await Promise.all(['listReports', 'exportReports'].map(readsAtReplica));
      isRead = after.every((reads, n) => reads > before[n]!);
    }
    expect(isRead).toBe(true);
  }

  const open = (): Promise<EventStream[]> =>
    Promise.all(
      [...BANKS, ...BANKS, ...BANKS].map((bank) =>
        banks.get(bank)!.admin.stream('/v1/events/stream?types=countersign.call.declared'),
      ),
    );
  async function expectTold(streams: readonly EventStream[]): Promise<void> {
    const ids = new Map<string, string>();
    for (const bank of BANKS) ids.set(bank, await story(bank));
    for (const [n, stream] of streams.entries())
      expect((await stream.next())!.data.subject).toBe(ids.get(BANKS[n % BANKS.length]!));
  }

  it('give verdicts, tell streams at both what is of their bank, and read lists and exports at the replica', async () => {
    await expect.poll(() => servingPids(running).length, SOON).toBe(2);
    await Promise.all(BANKS.flatMap((bank) => [0, 1, 2].map(() => story(bank))));
    const streams = await open();
    try {
      await expectTold(streams);
    } finally {
      for (const stream of streams) stream.close();
    }
    await listAndExport();
    expect((await pooler.counts()).sessions).toBeLessThanOrEqual(4);
  });

  it('go on so while one is killed and replaced: what was acknowledged is there once, and nothing of another bank', async () => {
    const before = servingPids(running);
    const calls = new Map<string, string[]>(BANKS.map((bank) => [bank, []]));
    const kept = async (): Promise<Map<string, string[]>> => {
      const { rows } = await owner.query<{ bank: string; ids: string[] }>(
        `SELECT tenant_id AS bank, array_agg(id::text) AS ids FROM calls GROUP BY 1`,
      );
      return new Map(rows.map(({ bank, ids }) => [bank, ids]));
    };
    const existing = await kept();
    let isOver = false;
    const working = Promise.all(
      BANKS.flatMap((bank) =>
        [0, 1, 2].map(async () => {
          while (!isOver) calls.get(bank)!.push(await story(bank));
        }),
      ),
    );
    try {
      await expect.poll(() => calls.get('northbank')!.length, SOON).toBeGreaterThan(3);
      process.kill(before[0]!, 'SIGKILL');
      const replaced = (): number => servingPids(running).filter((pid) => !before.includes(pid)).length;
      await expect.poll(replaced, SOON).toBe(1);
    } finally {
      isOver = true;
    }
    await working;
    const now = await kept();
    for (const bank of BANKS) expect(now.get(bank)!.length - existing.get(bank)!.length).toBe(calls.get(bank)!.length);
    const streams = await open();
    try {
      await expectTold(streams);
    } finally {
      for (const stream of streams) stream.close();
    }
    await listAndExport();
    expect((await pooler.counts()).sessions).toBeLessThanOrEqual(4);
  });
});
