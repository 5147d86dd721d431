import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventStream, ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { readConfig } from '../../src/config/config.js';
import { layoutOf } from '../../src/embedded-postgres/cluster.js';
import { type RunningService, startService } from '../../src/boot/service.js';
import { freePort } from '../../bench/load/free-port.js';
import { newCustomerId } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

const ROUNDS = 3;
const CALLS = 10;
const BURNT = 400;
const PATH = '/v1/events/stream?types=countersign.call.declared';

let dataDirectory: string;
let service: RunningService;
let admin: ServiceClient;
let amara: ServiceClient;

beforeAll(async () => {
  dataDirectory = await makeTemporaryFolder();
  const port = await freePort();
  service = await startService(readConfig({ DATA_DIR: dataDirectory, PORT: String(port), LOG_LEVEL: 'silent' }));
  const as = async (identity: string): Promise<ServiceClient> =>
    new ServiceClient(
      service.url,
      await fetchDevelopmentToken({ serviceUrl: service.url, dataDirectory, tenant: 'northbank', identity }),
    );
  [admin, amara] = [await as('admin'), await as('agent:amara')];
});
afterAll(async () => {
  await service.stop();
  await removeTemporaryFolder(dataDirectory);
});

async function connect(): Promise<pg.Client> {
  const { url } = JSON.parse(await readFile(join(dataDirectory, 'connection.json'), 'utf8')) as { url: string };
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const isUp = (): Promise<boolean> =>
  connect().then(
    async (client) => {
      await client.end();
      return true;
    },
    () => false,
  );

/** Takes transaction ids of which nothing reaches the disk: after a crash they are given out again. */
async function burn(client: pg.Client): Promise<bigint> {
  let last = 0n;
  for (let count = 0; count < BURNT; count += 1) {
    await client.query('BEGIN');
    last = BigInt((await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid')).rows[0]!.xid);
    await client.query('ROLLBACK');
  }
  return last;
}

const declare = async (): Promise<string> =>
  (await amara.post('/v1/calls', { customerId: newCustomerId(), direction: 'outbound', purpose: 'x' })).body.id;

async function untilReady(): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (
      (await isUp()) &&
      (await amara.get('/health/ready').then(
        ({ status }) => status === 200,
        () => false,
      ))
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the database did not come back');
}

/** Reads calls, and resumes as a client would where the stream ends. */
async function readCalls(opened: EventStream, count: number): Promise<string[]> {
  const told: string[] = [];
  let stream = opened;
  for (let tries = 0; told.length < count; tries += 1) {
    const late = setTimeout(() => stream.close(), 10_000);
    const event = await stream.next().catch(() => null);
    clearTimeout(late);
    if (event) told.push(event.data.subject);
    else if (tries > 3) throw new Error(`${told.length} of ${count} calls were told, and no more`);
    else stream = await admin.stream(PATH, { headers: { 'last-event-id': stream.lastEventId } });
  }
  stream.close();
  return told;
}

const signal = (pid: number): Promise<void> => Promise.resolve(void process.kill(pid, 'SIGKILL'));
const KILLS: Record<string, () => Promise<void>> = {
  'the postmaster': async () =>
    signal(Number((await readFile(join(layoutOf(dataDirectory).data, 'postmaster.pid'), 'utf8')).split('\n')[0])),
  // PostgreSQL then recovers as after a crash, and no process of its own says so to those who ask when it started.
  'one of its backends': async () => {
    const client = await connect();
    const {
      rows: [row],
    } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await signal(row!.pid);
  },
};

describe.each(Object.entries(KILLS))('while transaction ids are not on the disk, %s is killed:', (_what, kill) => {
  it('a stream that is open tells every call that is declared afterwards, once, and so does one that is resumed', async () => {
    let usedAgain = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const client = await connect();
      const last = await burn(client);
      const [open, cut] = [await admin.stream(PATH), await admin.stream(PATH)];
      // Reads its first lines, as a client does that has nothing else to do.
      const first = cut.next().catch(() => null);
      while (cut.lastEventId === '') await new Promise((resolve) => setTimeout(resolve, 1));
      cut.close();
      await first;
      const gone = new Promise((resolve) => client.once('end', resolve));
      await kill();
      await gone;
      await untilReady();
      const declared: string[] = [];
      for (let count = 0; count < CALLS; count += 1) declared.push(await declare());
      const after = await connect();
      const {
        rows: [row],
      } = await after.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
      if (BigInt(row!.next) < last + BigInt(CALLS)) usedAgain += 1;
      await after.end();
      expect(await readCalls(open, CALLS)).toEqual(declared);
      expect(
        await readCalls(await admin.stream(PATH, { headers: { 'last-event-id': cut.lastEventId } }), CALLS),
      ).toEqual(declared);
    }
    // Or nothing was tried.
    expect(usedAgain).toBeGreaterThan(0);
  }, 180_000);
});
