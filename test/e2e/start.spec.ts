import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { layoutOf } from '../../src/embedded-postgres/cluster.js';
import { endProcessesIn, findPostmaster, signal } from '../../src/embedded-postgres/postmaster.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { buildWholeProgram, type RunningProgram } from '../support/program.js';
import { LINE } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { onceReached } from '../support/once-reached.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const CALLERS = 8;
/** Issuers and tokens stand under it, whatever port each start gets. */
const PUBLIC_URL = 'http://countersign.test';

let program: Awaited<ReturnType<typeof buildWholeProgram>>;
beforeAll(async () => {
  program = await buildWholeProgram('start');
});
afterAll(() => program.remove());

const call = (customerId: string): object => ({
  customerId,
  direction: 'outbound',
  line: LINE,
  purpose: 'A payment we stopped',
  agent: { department: 'Fraud' },
});

/** People who ring and are rung, at whatever address the service has now, and who try again when it is away. */
class Load {
  url: string | undefined;
  answered = 0;
  private ended = false;
  private readonly callers: Promise<void>[];

  constructor(private readonly tokens: { app: string; agent: string }) {
    this.callers = Array.from({ length: CALLERS }, (_none, number) => this.run(number));
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.callers);
  }

  private async run(number: number): Promise<void> {
    for (let round = 0; !this.ended; round += 1) {
      const customerId = `load-${number}-${round % 50}`;
      try {
        const [agent, app] = [
          new ServiceClient(this.url!, this.tokens.agent),
          new ServiceClient(this.url!, this.tokens.app),
        ];
        await agent.post('/v1/calls', call(customerId));
        await app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE });
        this.answered += 1;
      } catch {
        await sleep(20);
      }
    }
  }
}

const kill = async (running: RunningProgram): Promise<void> => {
  const gone = new Promise((resolve) => running.child.once('exit', resolve));
  running.child.kill('SIGKILL');
  await gone;
};

/** As when a machine loses its power, but for what the kernel still holds. */
async function killDatabase(dataDirectory: string): Promise<void> {
  const { data } = layoutOf(dataDirectory);
  const server = await findPostmaster(data);
  const children = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && readStat(pid)?.startsWith(`${server!.pid} `),
  );
  for (const pid of [...children.map(Number), server!.pid]) signal(pid, 'SIGKILL');
  await endProcessesIn(data);
}

/** From the parent's number on. */
function readStat(pid: string): string | undefined {
  try {
    const stat = readFileSync(join('/proc', pid, 'stat'), 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 4);
  } catch {
    return undefined;
  }
}

describe('a service that is killed under load and started again', () => {
  let database: TestDatabase;
  let dataDirectory: string;
  beforeAll(async () => {
    [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
  });
  afterAll(async () => {
    await database.drop();
    await removeTemporaryFolder(dataDirectory);
  });

  it.each<[string, { processes: number; embedded: boolean; withDatabase?: boolean }]>([
    ['one process, whose database goes on', { processes: 1, embedded: true }],
    ['one process and its database', { processes: 1, embedded: true, withDatabase: true }],
    ['two processes, whose database goes on', { processes: 2, embedded: true }],
    ['two processes and their database', { processes: 2, embedded: true, withDatabase: true }],
    ['one process on a database elsewhere', { processes: 1, embedded: false }],
    ['two processes on a database elsewhere', { processes: 2, embedded: false }],
  ])('is ready again, and knows who is live: %s', async (name, { processes, embedded, withDatabase }) => {
    const environment = {
      DATA_DIR: dataDirectory,
      PUBLIC_URL,
      PROCESSES: String(processes),
      LOG_LEVEL: 'warn',
      ...(embedded ? {} : { DATABASE_URL: database.url }),
    };
    let running = await program.start(environment);
    const token = (identity: string): Promise<string> =>
      fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant: 'northbank', identity });
    const [app, agent] = await Promise.all([token('app'), token('agent:amara')]);
    const live = `live-${processes}-${embedded}-${withDatabase ?? false}`;
    expect((await new ServiceClient(running.url, agent).post('/v1/calls', call(live))).status).toBe(201);
    const load = new Load({ app, agent });
    load.url = running.url;
    await expect.poll(() => load.answered, { timeout: 60_000 }).toBeGreaterThan(200);
    await kill(running);
    if (withDatabase) await killDatabase(dataDirectory);
    const began = performance.now();
    running = await program.start(environment);
    const readyMs = Math.round(performance.now() - began);
    const caller = new ServiceClient(running.url, app);
    const verdict = await onceReached(() =>
      caller.post(`/v1/customers/${live}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
    );
    const verdictMs = Math.round(performance.now() - began);
    load.url = running.url;
    await load.end();
    await running.stop();
    process.stdout.write(`${name}: ready after ${readyMs} ms, a right verdict after ${verdictMs} ms\n`);
    expect(verdict.body).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
  });
});
