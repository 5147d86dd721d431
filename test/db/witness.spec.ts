import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fillLog } from '../../bench/big-log.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { EgressGuard } from '../../src/outbound/egress-guard.js';
import { keepCheckpoint, readWitnessed } from '../../src/transparency/log.store.js';
import type { TransparencyOptions } from '../../src/transparency/options.js';
import { Witness } from '../../src/transparency/witness.js';
import { createTestDatabase } from '../support/database.js';

const LEAVES = 20;
const SPLIT = { level: 50, msg: expect.stringContaining('another history of this log') };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: TenantDatabase;
let server: Server;
let url: string;
let answers: [status: number, body: string][];
let told: Record<string, unknown>[];
let pushed: number;
const egress = new EgressGuard({ allow: ['127.0.0.0/8'], allowHttp: true });

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      pushed += 1;
      const [status, body] = answers.length > 1 ? answers.shift()! : answers[0]!;
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await fillLog(client, 'northbank', LEAVES);
  await client.end();
  db = new TenantDatabase({
    url: await ensureServiceLogin(database.url, 'witness-test'),
    tenantId: 'northbank',
    sharedConnections: 1,
    pooledConnections: 1,
  });
  for (const size of [5, LEAVES])
    await keepCheckpoint(db, { size, root: Buffer.alloc(32, size), keyId: 'k', note: `log\n${size}\n` });
});
afterAll(async () => {
  await Promise.all([db.close(), egress.onModuleDestroy()]);
  await database.drop();
  server.close();
});

/** Each test is another witness, that nothing was pushed to yet. */
let count = 0;
beforeEach(() => {
  [told, pushed] = [[], 0];
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${(count += 1)}`;
});

function push(): void {
  const logger = pino({}, { write: (line: string) => void told.push(JSON.parse(line)) });
  new Witness({ witnessUrl: url } as TransparencyOptions, egress, logger).push(db);
}

describe('a witness that has seen another history of the log', () => {
  it('because it has a larger one than was ever signed here, is told of as an error, and is not taken to have this one', async () => {
    answers = [[409, '25\n']];
    push();
    await expect.poll(() => told).toEqual([expect.objectContaining({ ...SPLIT, size: LEAVES, witnessed: 25 })]);
    expect(await readWitnessed(db, url)).toBe(0);
  });

  it('because no proof leads from the one that it has to this one, is told of as an error', async () => {
    answers = [
      [409, '5\n'],
      [422, ''],
    ];
    push();
    await expect.poll(() => told).toEqual([expect.objectContaining({ ...SPLIT, size: LEAVES, witnessed: 5 })]);
    expect(pushed).toBe(2);
    expect(await readWitnessed(db, url)).toBe(0);
  });

  it('is not one that has this checkpoint from another process already', async () => {
    answers = [[409, `${LEAVES}\n`]];
    push();
    await expect.poll(() => readWitnessed(db, url)).toBe(LEAVES);
    expect(told).toEqual([]);
  });
});
