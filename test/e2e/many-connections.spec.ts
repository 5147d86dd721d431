import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { INSERT_REPORTS } from '../../bench/report-rows.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DeafClients, MemoryWatch } from '../support/hostile-clients.js';
import { buildProgram, type Program, type RunningProgram, START_OPTIONS } from '../support/program.js';
import { send } from '../support/raw-http.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const MOST_GROWTH_MEGABYTES = 50;
const KB = 1024;
/** What others may have to wait, as a multiple of what they waited before: a machine may run other tests beside. */
const STARVED_TIMES = 60;
const STARVED_MS = 10_000;

let program: Program;
let database: TestDatabase;
let dataDirectory: string;
let running: RunningProgram;
let owner: pg.Client;
const tokens = new Map<string, string>();
beforeAll(async () => {
  [program, database, dataDirectory] = await Promise.all([
    buildProgram('many'),
    createTestDatabase(),
    makeTemporaryFolder(),
  ]);
  running = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory }, START_OPTIONS);
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  for (const identity of ['app', 'admin', 'analyst', 'telephony'])
    tokens.set(
      identity,
      await fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant: 'northbank', identity }),
    );
  for (let count = 0; count < 300; count += 1) await verdict();
  for (const path of ['/openapi.json', '/openapi.yaml', '/docs', '/docs/swagger-ui-bundle.js'])
    await send(running.url, { path });
});
afterAll(async () => {
  await Promise.all([running.stop(), owner.end()]);
  await Promise.all([program.remove(), database.drop(), removeTemporaryFolder(dataDirectory)]);
});

const bearer = (identity: string): string => `Authorization: Bearer ${tokens.get(identity)!}\r\n`;
const get = (path: string, identity?: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${identity === undefined ? '' : bearer(identity)}\r\n`;
const post = (path: string, type: string, length: number, identity?: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n${identity === undefined ? '' : bearer(identity)}\r\n`;
const descriptors = (): number => readdirSync(`/proc/${running.child.pid}/fd`).length;

let asked = 0;

/** What somebody else asks meanwhile, on a connection of their own; each is another's phone, which asks within its limit. */
async function verdict(): Promise<number> {
  const start = performance.now();
  const { status, body } = await send(running.url, {
    method: 'POST',
    path: `/v1/customers/other-${(asked += 1)}/call-verdicts`,
    headers: { authorization: `Bearer ${tokens.get('app')!}`, 'content-type': 'application/json' },
    body: JSON.stringify({ trigger: 'ringing', incomingNumber: '+442079460100' }),
  });
  expect([status, body.verdict]).toEqual([200, expect.stringMatching(/^(not_legitimate|unknown)$/)]);
  return performance.now() - start;
}

let deaf: DeafClients;
beforeEach(() => {
  deaf = new DeafClients(running.url);
});
afterEach(() => deaf.close());

/** Does something hostile, keeps it up for a while, and meanwhile looks at the memory and asks as somebody else. */
async function whileOthersAsk(hostile: () => Promise<void>, keepMs = 1_000): Promise<void> {
  const before = [];
  for (let count = 0; count < 11; count += 1) before.push(await verdict());
  const most = Math.max(STARVED_MS, STARVED_TIMES * before.sort((a, b) => a - b)[5]!);
  const memory = new MemoryWatch([running.child.pid!]);
  let isOver = false;
  const waited: number[] = [];
  const others = (async () => {
    while (!isOver) {
      waited.push(await verdict());
      await wait(20);
    }
  })();
  await hostile();
  await wait(keepMs);
  isOver = true;
  await others;
  expect(Math.max(...waited)).toBeLessThan(most);
  expect(memory.stop()).toBeLessThan(MOST_GROWTH_MEGABYTES);
}

describe('others are served, and the process does not grow, while a client without a token', () => {
  it.each([
    '/health/live',
    '/health/ready',
    '/problems/not-found',
    '/problems/nothing',
    '/log/checkpoint',
    '/.well-known/jwks.json',
    '/v1/calls',
    '/v1/nowhere',
    '/%zz',
    '/oidc/northbank/.well-known/openid-configuration',
    '/oidc/northbank/jwks',
    '/oidc/northbank/nothing',
    '/openapi.yaml',
    '/docs',
    '/docs/swagger-ui-init.js',
    '/docs/swagger-ui.css',
  ])('asks for %s again and again and reads nothing', async (path) => {
    await whileOthersAsk(() => deaf.openMany(4, get(path).repeat(700)), 200);
  });

  it('asks for what is large on ten connections, 1,500 times each, and reads nothing', async () => {
    const before = descriptors();
    await whileOthersAsk(() => deaf.openMany(10, get('/docs/swagger-ui-bundle.js').repeat(1_500)));
    expect(descriptors()).toBeLessThan(before + 40);
  });

  it('posts again and again and reads nothing', async () => {
    await whileOthersAsk(() =>
      deaf.openMany(8, (post('/v1/calls', 'application/json', 400) + `{"purpose":"${'x'.repeat(386)}"}`).repeat(700)),
    );
  });

  it('makes 1,500 ordinary requests on as many connections', async () => {
    const before = descriptors();
    await whileOthersAsk(async () => {
      await deaf.openMany(1_500, get('/openapi.json'));
      for (const socket of deaf.sockets) socket.resume();
    });
    deaf.close();
    await expect.poll(descriptors, { timeout: 60_000 }).toBeLessThan(before + 40);
  });

  it('opens thousands of connections and says nothing', async () => {
    const before = descriptors();
    await whileOthersAsk(() => deaf.openMany(10_000));
    deaf.close();
    await expect.poll(descriptors, { timeout: 60_000 }).toBeLessThan(before + 40);
  });

  it('asks once on each of thousands of connections, keeps them and reads nothing', async () => {
    await whileOthersAsk(() => deaf.openMany(3_000, get('/openapi.json')));
  });

  it('sends half of a head on each of thousands of connections', async () => {
    await whileOthersAsk(() =>
      deaf.openMany(1_500, `GET /v1/calls HTTP/1.1\r\nHost: x\r\nX-Half: ${'x'.repeat(15 * KB)}`),
    );
  });

  it('sends half of a body on each of thousands of connections', async () => {
    await whileOthersAsk(() =>
      deaf.openMany(1_200, post('/v1/calls', 'application/json', 64 * KB) + ' '.repeat(60 * KB)),
    );
  });
});

describe('others are served, and the process does not grow, while a client with a token', () => {
  it('reads nothing of long lists', async () => {
    await owner.query(
      `INSERT INTO events (tenant_id, type, about, about_id, data) SELECT 'northbank', 'countersign.test.added', 'call', $1, jsonb_build_object('padding', repeat('x', 1000)) FROM generate_series(1, 400)`,
      [randomUUID()],
    );
    await whileOthersAsk(() => deaf.openMany(20, get('/v1/events?limit=200', 'analyst').repeat(100)));
  });

  it('reads nothing of exports', async () => {
    await owner.query(INSERT_REPORTS, [20_000, '+447700900042', 'deaf']);
    await whileOthersAsk(() => deaf.openMany(40, get('/v1/reports/export?format=ndjson', 'analyst').repeat(20)));
  });

  it('reads nothing of streams, while much happens, and sends more requests behind them', async () => {
    await whileOthersAsk(async () => {
      await deaf.openMany(20, get('/v1/events/stream', 'admin').repeat(200));
      await wait(500);
      for (let round = 0; round < 8; round += 1) {
        await owner.query(
          `INSERT INTO events (tenant_id, type, about, about_id, data) SELECT 'northbank', 'countersign.test.added', 'call', $1, jsonb_build_object('padding', repeat('x', 4000)) FROM generate_series(1, 200)`,
          [randomUUID()],
        );
        await wait(100);
      }
    });
  });

  it('sends imports slowly on hundreds of connections', async () => {
    await whileOthersAsk(async () => {
      await deaf.openMany(
        300,
        post('/v1/call-records', 'application/x-ndjson', 1_000_000, 'telephony') + '{"x":1}\n'.repeat(1_000),
      );
      for (let round = 0; round < 10; round += 1) {
        for (const socket of deaf.sockets) if (socket.writable) socket.write('{"x":1}\n');
        await wait(100);
      }
    });
  });
});
