import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { generateSigningKeyPem } from '../../src/crypto/signing-key.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DeafClients, MemoryWatch } from '../support/hostile-clients.js';
import { buildProgram, type Program, type RunningProgram, servingPids, START_OPTIONS } from '../support/program.js';
import { send } from '../support/raw-http.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

// A program is started and stopped in each.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const MOST_GROWTH_MEGABYTES = 50;
const CONNECTIONS = 8;
const REQUESTS = 1_500;
/** For how long the answers wait unread. */
const UNREAD_MS = 2_000;

let program: Program;
let database: TestDatabase;
let dataDirectory: string;
let running: RunningProgram | undefined;
beforeAll(async () => {
  [program, database, dataDirectory] = await Promise.all([
    buildProgram('unread'),
    createTestDatabase(),
    makeTemporaryFolder(),
  ]);
});
afterEach(() => running?.stop());
afterAll(() => Promise.all([program.remove(), database.drop(), removeTemporaryFolder(dataDirectory)]));

/** All of them serve one database. */
const MASTER_KEY = randomBytes(32).toString('base64');
const production = (): NodeJS.ProcessEnv => ({
  NODE_ENV: 'production',
  SIGNING_KEY: generateSigningKeyPem(),
  TENANTS: JSON.stringify([{ id: 'ownbank', issuer: 'https://login.ownbank.example' }]),
});

describe('a client without a token that writes 1,500 requests on a connection and reads no answer, eight times', () => {
  it.each([
    ['development', '1'],
    ['development', '2'],
    ['production', '1'],
    ['production', '2'],
  ])(
    'ends no process of a service in %s with PROCESSES=%s, nor makes it grow, and others are served',
    async (where, processes) => {
      const metricsPort = String(await freePort());
      const environment = where === 'production' ? production() : {};
      running = await program.start(
        {
          DATABASE_URL: database.url,
          MASTER_KEY,
          DATA_DIR: dataDirectory,
          PROCESSES: processes,
          METRICS_PORT: metricsPort,
          ...environment,
        },
        START_OPTIONS,
      );
      const others = async (): Promise<number[]> => [
        (await send(running!.url, { path: '/health/ready' })).status,
        (await send(running!.url, { path: '/openapi.json' })).status,
        (await send(running!.url, { path: '/v1/calls' })).status,
      ];
      // Ready is the service with its first process; the others start in turn, and scrapes are answered once all serve.
      const ready = processes === '1' ? '"msg":"ready"' : '"msg":"all processes are ready"';
      await expect.poll(() => running!.log()).toContain(ready);
      for (let count = 0; count < 20; count += 1) await others();
      const pids = servingPids(running);
      expect(pids).toHaveLength(Number(processes));
      const memory = new MemoryWatch([...new Set([running.child.pid!, ...pids])]);
      const [deaf, deafScrapers] = [new DeafClients(running.url), new DeafClients(`http://127.0.0.1:${metricsPort}`)];
      await deaf.openMany(CONNECTIONS, 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(REQUESTS));
      await deafScrapers.openMany(CONNECTIONS, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(REQUESTS));
      const end = performance.now() + UNREAD_MS;
      do {
        expect(await others()).toEqual([200, 200, 401]);
        await wait(50);
      } while (performance.now() < end);
      expect(memory.stop()).toBeLessThan(MOST_GROWTH_MEGABYTES);
      expect(servingPids(running)).toEqual(pids);
      for (const clients of [deaf, deafScrapers]) clients.close();
    },
  );
});
