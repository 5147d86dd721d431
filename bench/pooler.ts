import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servicePassword } from '../src/boot/service-database.js';
import { type RunningService, startService } from '../src/boot/service.js';
import { readConfig } from '../src/config/config.js';
import { ensureServiceLogin, migrate } from '../src/database/migrate.js';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { SKIPPED } from './drills/debian-postgres.js';
import { findPgBouncer, NO_PGBOUNCER, startPgBouncer } from './drills/pgbouncer.js';
import { plainPath } from './drills/plain-path.js';
import { findPrograms, PostgresNode } from './drills/postgres-node.js';

/**
 * What a verdict and a round trip cost behind PgBouncer, against PostgreSQL itself: medians of rounds that take turns, by the time
 * of the processors for the service with its client, for PostgreSQL and for PgBouncer.
 */
const ROUNDS = Number(process.argv[2] ?? 9);
const IN_ROUND = Number(process.argv[3] ?? 150);
const AT_ONCE = 8;
const DATABASE = 'bank';
const LINE = '+442079460100';
const MASTER_KEY = Buffer.alloc(32, 7);
const TICK_MS = 10;

interface Cost {
  readonly wallMs: number;
  readonly serviceMs: number;
  readonly postgresMs: number;
  readonly poolerMs: number;
}

/** Processor time of a process, of its children, and of those that have ended. */
async function processorMs(pid: number): Promise<number> {
  let ticks = 0;
  for (const entry of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (Number(entry) !== pid && fields[1] !== pid) continue;
    const counted = Number(entry) === pid ? [11, 12, 13, 14] : [11, 12];
    ticks += counted.reduce((sum, at) => sum + fields[at]!, 0);
  }
  return ticks * TICK_MS;
}

async function measure(work: () => Promise<void>, pids: { postgres: number; pooler: number }): Promise<Cost> {
  const [postgres, pooler] = await Promise.all([processorMs(pids.postgres), processorMs(pids.pooler)]);
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  let left = IN_ROUND;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await work();
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - wall;
  return {
    wallMs: wallMs / IN_ROUND,
    serviceMs: (user + system) / 1_000 / IN_ROUND,
    postgresMs: ((await processorMs(pids.postgres)) - postgres) / IN_ROUND,
    poolerMs: ((await processorMs(pids.pooler)) - pooler) / IN_ROUND,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

interface Reply {
  readonly id?: string;
  readonly verdict?: string;
}

type Ask = (method: string, path: string, identity: 'app' | 'agent:amara' | 'admin', body?: object) => Promise<Reply>;

async function askerOf(service: RunningService, dataDirectory: string): Promise<Ask> {
  const tokens = new Map<string, string>();
  for (const identity of ['app', 'agent:amara', 'admin'])
    tokens.set(
      identity,
      await fetchDevelopmentToken({ serviceUrl: service.url, dataDirectory, tenant: 'northbank', identity }),
    );
  return async (method, path, identity, body) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${tokens.get(identity)}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const reply = (await response.json()) as Reply;
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
    return reply;
  };
}

async function main(): Promise<void> {
  const installed = await findPgBouncer();
  if (!installed) {
    process.stderr.write(`${NO_PGBOUNCER}\n`);
    process.exit(SKIPPED);
  }
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-pooler-'));
  const node = new PostgresNode('primary', directory, await findPrograms(directory), await plainPath());
  await node.make({ max_connections: '200' });
  await node.start();
  await node.sql('postgres', `CREATE DATABASE ${DATABASE}`);
  const url = node.url(DATABASE);
  await migrate(url);
  await ensureServiceLogin(url, servicePassword(MASTER_KEY));
  const pooler = await startPgBouncer(installed.program, url);
  const direct = new URL(url);
  direct.username = direct.password = '';
  const ways = {
    direct: { DATABASE_URL: url },
    pooled: {
      DATABASE_POOLER: 'transaction',
      DATABASE_URL: pooler.through(url),
      DATABASE_DIRECT_URL: direct.toString(),
    },
  };
  const postmaster = await readFile(join(node.data, 'postmaster.pid'), 'utf8');
  const pids = { postgres: Number(postmaster.split('\n')[0]), pooler: pooler.pid };
  const running: RunningService[] = [];
  const asks: Record<string, Ask> = {};
  for (const [way, settings] of Object.entries(ways)) {
    const service = await startService(
      readConfig({
        ...settings,
        DATA_DIR: directory,
        PORT: '0',
        LOG_LEVEL: 'silent',
        MASTER_KEY: MASTER_KEY.toString('base64'),
        WORKERS: 'off',
        RATE_LIMITS: '{}',
      }),
    );
    running.push(service);
    asks[way] = await askerOf(service, directory);
  }
  await asks.direct!('PUT', `/v1/lines/${encodeURIComponent(LINE)}`, 'admin', { use: 'outbound', label: 'Bank' });
  let n = 0;
  const works: Record<string, (ask: Ask) => Promise<void>> = {
    verdict: async (ask) => {
      await ask('POST', `/v1/customers/cust-${(n += 1)}/call-verdicts`, 'app', { trigger: 'ringing' });
    },
    'round trip': async (ask) => {
      const customerId = `cust-${(n += 1)}`;
      const declared = { customerId, direction: 'outbound', line: LINE, purpose: 'A payment we stopped' };
      const { id } = await ask('POST', '/v1/calls', 'agent:amara', declared);
      const asked = { trigger: 'ringing', incomingNumber: LINE };
      const { verdict } = await ask('POST', `/v1/customers/${customerId}/call-verdicts`, 'app', asked);
      if (verdict !== 'legitimate') throw new Error(`the verdict was ${verdict}`);
      await ask('POST', `/v1/calls/${id}/end`, 'agent:amara');
    },
  };
  for (const [what, work] of Object.entries(works)) {
    const costs: Record<string, Cost[]> = { direct: [], pooled: [] };
    for (let round = -2; round < ROUNDS; round += 1)
      for (const way of ['direct', 'pooled']) {
        const cost = await measure(() => work(asks[way]!), pids);
        if (round >= 0) costs[way]!.push(cost);
      }
    const of = (way: string, kind: keyof Cost): number => median(costs[way]!.map((cost) => cost[kind]));
    for (const kind of ['wallMs', 'serviceMs', 'postgresMs', 'poolerMs'] as const)
      process.stdout.write(
        `${what} ${kind}: direct ${of('direct', kind).toFixed(2)}, pooled ${of('pooled', kind).toFixed(2)}, ratio ${(of('pooled', kind) / of('direct', kind)).toFixed(2)}\n`,
      );
  }
  await Promise.all(running.map((service) => service.stop()));
  await pooler.stop();
  await node.kill();
  await rm(directory, { recursive: true, force: true });
}

await main();
