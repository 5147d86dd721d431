import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import { Agent, setGlobalDispatcher } from 'undici';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { type EventStream, ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { BadNetwork } from '../support/bad-network.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { freePort } from '../../bench/load/free-port.js';
import { LINE, newCustomerId } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

// Processes are started and replaced, each within seconds where nothing else runs.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });
// Each request on a connection of its own: the processes take connections in turn.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

let program: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  program = await buildProgram('processes');
});
afterAll(() => program.remove());

interface LogLine {
  readonly msg: string;
  readonly process?: number;
  readonly pid?: number;
  readonly requestId?: string;
  readonly ended?: number;
  readonly how?: string;
}

const lines = (running: RunningProgram): LogLine[] =>
  running
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** The process ids of those that serve, by number, the last of each. */
const serving = (running: RunningProgram): Map<number, number> =>
  new Map(
    lines(running)
      .filter(({ msg }) => msg === 'ready')
      .map(({ process: number, pid }) => [number!, pid!]),
  );
/** The processes that another has started and that still run. */
const childrenOf = (parent: number): number[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, ppid]) => ppid === parent)
    .map(([pid]) => pid!);
const settled = { timeout: 60_000, interval: 50 };

async function metric(port: number, name: string): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('two processes behind one port', () => {
  let database: TestDatabase;
  let dataDirectory: string;
  let metricsPort: number;
  let running: RunningProgram;
  const as = async (identity: string): Promise<ServiceClient> =>
    new ServiceClient(
      running.url,
      await fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant: 'northbank', identity }),
    );
  /** Which process answered a request. */
  const servedBy = async (requestId: string): Promise<number | undefined> => {
    const found = (): LogLine | undefined => lines(running).find((line) => line.requestId === requestId);
    await expect.poll(found, settled).toBeDefined();
    return found()!.process;
  };

  beforeAll(async () => {
    [database, dataDirectory, metricsPort] = await Promise.all([
      createTestDatabase(),
      makeTemporaryFolder(),
      freePort(),
    ]);
    running = await program.start({
      DATABASE_URL: database.url,
      DATA_DIR: dataDirectory,
      PROCESSES: '2',
      METRICS_PORT: String(metricsPort),
    });
  });
  afterAll(async () => {
    await running.stop();
    await Promise.all([database.drop(), removeTemporaryFolder(dataDirectory)]);
  });

  it('announce themselves once, and have their keys and lines once', async () => {
    await expect.poll(() => running.log(), settled).toContain('Countersign is ready');
    expect(running.log().match(/Countersign is ready/g)).toHaveLength(1);
    await expect.poll(() => [...serving(running).keys()].sort(), settled).toEqual([1, 2]);
    expect((await (await as('admin')).get('/v1/lines')).body.data).toHaveLength(3);
  });

  it('share the requests', async () => {
    const by = new Set<number | undefined>();
    const share = async (): Promise<typeof by> => {
      const ids = await Promise.all(
        Array.from({ length: 6 }, async () => (await fetch(`${running.url}/v1/lines`)).headers.get('x-request-id')!),
      );
      for (const id of ids) by.add(await servedBy(id));
      return by;
    };
    // One that stands still for a moment is given nothing meanwhile.
    await expect.poll(share, settled).toEqual(new Set([1, 2]));
  });

  it('let an agent sign in through both: the steps come to either', async () => {
    for (let count = 0; count < 4; count += 1)
      expect((await (await as('agent:amara')).get('/v1/calls/none')).status).not.toBe(401);
  });

  it('tell agents at both of an answer that came in at one', async () => {
    const [app, amara] = await Promise.all([as('app'), as('agent:amara')]);
    const device = await CustomerDevice.make(newCustomerId());
    await device.enrol(app);
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    await owner.query(`UPDATE devices SET enrolled_at = now() - interval '30 days'`);
    await owner.end();
    const { body: call } = await amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      verify: true,
    });
    const streams: EventStream[] = [];
    for (let count = 0; count < 6; count += 1) streams.push(await amara.stream(`/v1/calls/${call.id}/stream`));
    await expect.poll(() => metric(metricsPort, 'countersign_open_streams'), settled).toBe(6);
    const question = await device.waitingQuestion(app);
    expect((await device.answer(app, question!, { answer: 'yes', code: call.verification.code })).status).toBe(200);
    for (const stream of streams)
      expect((await stream.waitFor('verification.confirmed')).data.data).toMatchObject({ callId: call.id });
    // Where the streams were is told by which of them end with one process.
    const open = new Set(streams);
    for (const stream of streams)
      void stream
        .next()
        .then(
          () => undefined,
          () => undefined,
        )
        .then(() => open.delete(stream));
    const victim = serving(running).get(1)!;
    process.kill(victim, 'SIGKILL');
    await expect.poll(() => isAlive(victim), settled).toBe(false);
    await expect.poll(() => open.size, settled).toBeLessThan(6);
    await expect
      .poll(async () => (await metric(metricsPort, 'countersign_open_streams')) === open.size, settled)
      .toBe(true);
    expect(open.size).toBeGreaterThan(0);
    for (const stream of streams) stream.close();
  });

  it('survive that one is killed: another takes its place and its number, and what was counted stays', async () => {
    const counted = `countersign_http_request_seconds_count{method="POST",route="/v1/calls",status="201"}`;
    await expect
      .poll(
        () =>
          serving(running).get(1) !== undefined &&
          lines(running).filter(({ msg, process: number }) => msg === 'ready' && number === 1).length,
        settled,
      )
      .toBe(2);
    expect(
      lines(running)
        .filter(({ msg }) => msg.startsWith('a process ended'))
        .map(({ ended }) => ended),
    ).toEqual([1]);
    await expect.poll(() => metric(metricsPort, 'countersign_processes'), settled).toBe(2);
    expect(await metric(metricsPort, 'countersign_process_ends_total')).toBe(1);
    await expect.poll(() => metric(metricsPort, counted), settled).toBe(1);
    process.kill(serving(running).get(1)!, 'SIGTERM');
    await expect.poll(() => metric(metricsPort, 'countersign_process_ends_total'), settled).toBe(2);
    await expect.poll(() => metric(metricsPort, counted), settled).toBe(1);
    await expect.poll(() => metric(metricsPort, 'countersign_processes'), settled).toBe(2);
    const admin = await as('admin');
    for (let count = 0; count < 4; count += 1) expect((await admin.get('/v1/lines')).status).toBe(200);
  });

  it('close what one of them was handed and never took, where it is killed', async () => {
    await expect.poll(() => serving(running).size, settled).toBe(2);
    const [number, pid] = [...serving(running)].at(-1)!;
    process.kill(pid, 'SIGSTOP');
    const { port } = new URL(running.url);
    // One is handed to the process that stands still; the others go to the one that takes connections.
    const connections = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        const answer = { text: '', closed: false };
        socket.setEncoding('utf8').on('data', (text: string) => (answer.text += text));
        socket.on('error', () => undefined).once('close', () => (answer.closed = true));
        await once(socket, 'connect');
        socket.write('GET /health/live HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n');
        return answer;
      }),
    );
    const answered = (): number => connections.filter(({ text }) => text.startsWith('HTTP/1.1 200')).length;
    await expect.poll(answered, settled).toBe(3);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await expect.poll(() => connections.every(({ closed }) => closed), settled).toBe(true);
    expect(answered()).toBe(3);
    await expect.poll(() => serving(running).get(number), settled).not.toBe(pid);
  });

  it('are told of together by a scrape of either, each with its own memory and time of start', async () => {
    const admin = await as('admin');
    const scrapes = [
      async () => (await admin.get<string>('/metrics')).body,
      async () => (await admin.get<string>('/metrics')).body,
      async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    ];
    const told = [
      ...[0, 1, 2].flatMap((number) => [
        new RegExp(`^process_resident_memory_bytes\\{process="${number}"\\} \\d+$`, 'm'),
        new RegExp(`^process_start_time_seconds\\{process="${number}"\\} \\d+$`, 'm'),
      ]),
      /^countersign_processes 2$/m,
      /^countersign_unsealed_seconds [\d.]+$/m,
    ];
    // A scrape waits for neither a process nor the database beyond its time.
    for (const scrape of scrapes)
      await expect
        .poll(async () => {
          const text = await scrape();
          return told.filter((line) => !line.test(text));
        }, settled)
        .toEqual([]);
  });

  it('are stopped by one signal, the request under way is answered first, and none is left', async () => {
    const pids = [running.child.pid!, ...serving(running).values()];
    expect(pids.filter(isAlive)).toHaveLength(3);
    const token = await fetchDevelopmentToken({
      serviceUrl: running.url,
      dataDirectory,
      tenant: 'northbank',
      identity: 'admin',
    });
    const body = JSON.stringify({ url: 'http://127.0.0.1:9/', types: ['countersign.customer.*'] });
    const slow = request(`${running.url}/v1/webhooks`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': body.length,
        expect: '100-continue',
      },
    });
    slow.flushHeaders();
    await once(slow, 'continue');
    const code = new Promise((done) => running.child.once('close', done));
    running.child.kill('SIGTERM');
    await expect
      .poll(
        () => pids.filter((pid) => lines(running).some((line) => line.msg === 'stopping' && line.pid === pid)),
        settled,
      )
      .toEqual(pids);
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.end(body);
    expect((await answered)[0].statusCode).toBe(201);
    expect(await code).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(running.log()).toMatch(/"process":0,.*"msg":"stopped"/);
  });
});

describe('several processes of which the first serves and the second has not started', () => {
  let database: TestDatabase;
  let dataDirectory: string;
  let metricsPort: number;
  let gate: string;
  let running: RunningProgram;
  const letGo = (environment: Record<string, string>): void => {
    writeFileSync(`${gate}.draft`, JSON.stringify(environment));
    renameSync(`${gate}.draft`, gate);
  };
  beforeEach(async () => {
    [database, dataDirectory, metricsPort] = await Promise.all([
      createTestDatabase(),
      makeTemporaryFolder(),
      freePort(),
    ]);
    gate = join(dataDirectory, 'gate');
    running = await program.start(
      {
        DATABASE_URL: database.url,
        DATA_DIR: dataDirectory,
        PROCESSES: '3',
        METRICS_PORT: String(metricsPort),
        // A stop that waited for one that does not serve would go on until this test is taken for hung.
        SHUTDOWN_GRACE_SECONDS: '300',
        HELD_UNTIL: gate,
      },
      ['--import', resolve('test/support/held-process.mjs')],
    );
  });
  afterEach(async () => {
    if (running.child.exitCode === null) await running.stop();
    await Promise.all([database.drop(), removeTemporaryFolder(dataDirectory)]);
  });
  const ended = (number: number): LogLine[] =>
    lines(running).filter((line) => line.msg.startsWith('a process ended') && line.ended === number);

  it('are ended by a signal at once, with 0, and no other is started', async () => {
    const pid = running.child.pid!;
    await expect.poll(() => childrenOf(pid).length, settled).toBeGreaterThan(1);
    const children = childrenOf(pid);
    const gone = once(running.child, 'close');
    running.child.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    expect(children.filter(isAlive)).toEqual([]);
    expect([...serving(running).values()].filter((one) => !children.includes(one))).toEqual([]);
    expect(running.log()).not.toContain('all processes are ready');
    expect(running.log()).toMatch(/"process":1,.*"msg":"stopped"[\s\S]*"process":0,.*"msg":"stopped"/);
  });

  it('are told of by the metrics of all', async () => {
    const served = (): Promise<number | undefined> =>
      metric(metricsPort, 'countersign_processes').catch(() => undefined);
    await expect.poll(served, settled).toBeGreaterThan(0);
    expect(running.log()).not.toContain('all processes are ready');
    letGo({});
    await expect.poll(served, settled).toBe(3);
    await expect.poll(() => running.log(), settled).toContain('all processes are ready');
  });

  it('go on where the second cannot start, which is tried again', async () => {
    await expect.poll(() => serving(running).get(1), settled).toBeDefined();
    const pid = serving(running).get(1);
    letGo({ LOG_LEVEL: 'no such level' });
    await expect.poll(() => ended(2).length, settled).toBeGreaterThan(1);
    expect(JSON.stringify(ended(2)[0])).toContain('LOG_LEVEL');
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    expect(running.log()).not.toContain('all processes are ready');
    letGo({});
    await expect.poll(() => running.log(), settled).toContain('all processes are ready');
    expect(ended(1)).toEqual([]);
    expect(serving(running).get(1)).toBe(pid);
  });
});

describe('several processes that cannot go on', () => {
  let database: TestDatabase;
  let dataDirectory: string;
  beforeAll(async () => {
    [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
  });
  afterAll(() => Promise.all([database.drop(), removeTemporaryFolder(dataDirectory)]));

  it('say so once where the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const refused: Error = await program
      .start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, PROCESSES: '2', PORT: String(port) })
      .then(
        () => {
          throw new Error('it started');
        },
        (error: Error) => error,
      );
    expect(refused.message).toContain('ended with 1');
    expect(refused.message.match(/Port \d+ of 127.0.0.1 is taken/g)).toHaveLength(1);
    holder.close();
  });

  it('end with a message where whatever is started dies again', async () => {
    const running = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, PROCESSES: '2' });
    await expect.poll(() => running.log(), settled).toContain('Countersign is ready');
    const { child } = running;
    const gone = once(child, 'close');
    await expect
      .poll(() => {
        for (const pid of childrenOf(child.pid!).filter(isAlive)) process.kill(pid, 'SIGKILL');
        return child.exitCode;
      }, settled)
      .toBe(1);
    await gone;
    expect(running.log()).toContain(
      'Countersign cannot go on.\nProcesses keep ending: more than 7 within a minute, the last one by SIGKILL.',
    );
    await expect.poll(() => [...serving(running).values()].filter(isAlive), settled).toEqual([]);
  });

  it('go on trying while the database is away', async () => {
    const network = await BadNetwork.start();
    const running = await program.start({
      DATABASE_URL: network.addressOf(database.url),
      DATA_DIR: dataDirectory,
      PROCESSES: '2',
    });
    await expect.poll(() => serving(running).size, settled).toBe(2);
    network.down();
    const killed = [...serving(running).values()];
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const withoutDatabase = (): number =>
      lines(running).filter(({ msg, how }) => msg.startsWith('a process ended') && how === 'with 1').length;
    await expect.poll(withoutDatabase, settled).toBeGreaterThanOrEqual(2);
    network.up();
    await expect
      .poll(() => [...serving(running).values()].filter((pid) => !killed.includes(pid) && isAlive(pid)).length, settled)
      .toBe(2);
    await running.stop();
    await network.stop();
  });

  it('end with the first one, where that is killed', async () => {
    const running = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, PROCESSES: '2' });
    await expect.poll(() => serving(running).size, settled).toBe(2);
    const gone = once(running.child, 'close');
    running.child.kill('SIGKILL');
    await gone;
    await expect.poll(() => [...serving(running).values()].filter(isAlive), settled).toEqual([]);
  });
});

describe('several processes with a database of their own', () => {
  it('share it; it has room for all of them, and ends with them', async () => {
    const dataDirectory = await makeTemporaryFolder();
    const running = await program.start({ DATA_DIR: dataDirectory, PROCESSES: '2' });
    await expect.poll(() => running.log(), settled).toContain('Countersign is ready');
    expect(running.log()).toContain(`embedded PostgreSQL in ${dataDirectory}`);
    const connection = join(dataDirectory, 'connection.json');
    const owner = new pg.Client({
      connectionString: (JSON.parse(readFileSync(connection, 'utf8')) as { url: string }).url,
    });
    await owner.connect();
    // 2 processes, each with 2 tenants at 2 + 16 + 8 and 8 for jobs.
    expect(
      Number((await owner.query<{ max_connections: string }>('SHOW max_connections')).rows[0]!.max_connections),
    ).toBeGreaterThanOrEqual(120);
    await owner.end();
    const gone = once(running.child, 'close');
    running.child.kill('SIGINT');
    expect(await gone).toEqual([0, null]);
    expect(existsSync(connection)).toBe(false);
    await removeTemporaryFolder(dataDirectory);
  });
});

describe('PROCESSES=1', () => {
  it('is one process, that starts no other', async () => {
    const [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
    const running = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, PROCESSES: '1' });
    await expect.poll(() => running.log(), settled).toContain('Countersign is ready');
    expect(lines(running).filter((line) => line.process !== undefined)).toEqual([]);
    expect(running.log()).not.toContain('all processes are ready');
    const gone = once(running.child, 'close');
    running.child.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
    await Promise.all([database.drop(), removeTemporaryFolder(dataDirectory)]);
  });
});
