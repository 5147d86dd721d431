import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { LINE, newCustomerId } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const SOON = { timeout: 60_000, interval: 50 };

let program: Awaited<ReturnType<typeof buildProgram>>;
beforeAll(async () => {
  program = await buildProgram('unwritable');
});
afterAll(() => program.remove());

const ready = async (url: string): Promise<{ status: number; detail?: string }> => {
  const reply = await fetch(`${url}/health/ready`);
  return { status: reply.status, detail: ((await reply.json()) as { detail?: string }).detail };
};

interface Callers {
  readonly agent: ServiceClient;
  readonly app: ServiceClient;
  readonly admin: ServiceClient;
}

async function callersOf(running: RunningProgram, dataDirectory: string): Promise<Callers> {
  const as = async (identity: string): Promise<ServiceClient> =>
    new ServiceClient(
      running.url,
      await fetchDevelopmentToken({ serviceUrl: running.url, dataDirectory, tenant: 'northbank', identity }),
    );
  const [agent, app, admin] = await Promise.all([as('agent:amara'), as('app'), as('admin')]);
  return { agent, app, admin };
}

const call = (customerId: string): object => ({
  customerId,
  direction: 'outbound',
  line: LINE,
  purpose: `A payment we stopped ${'.'.repeat(60)}`,
  agent: { department: 'Fraud' },
});
const declare = ({ agent }: Callers, headers: Record<string, string> = {}) =>
  agent.post('/v1/calls', call(newCustomerId()), { headers });
const declareOnce = (callers: Callers) => declare(callers, { 'idempotency-key': `"${randomUUID()}"` });
const putCustomer = ({ admin }: Callers) => admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [] });
const verdict = ({ app }: Callers) =>
  app.post(`/v1/customers/${newCustomerId()}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE });

interface LogLine {
  readonly msg: string;
  readonly level: string;
  readonly repeated?: number;
  readonly cause?: { readonly errorCode?: string; readonly stack?: string };
}
const problems = (running: RunningProgram, from: number): LogLine[] =>
  running
    .log()
    .slice(from)
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ level }) => level === 'error' || level === 'warn');

/** Many requests at once, of which none can be decided; and what the log says of them. */
async function expectFewLines(running: RunningProgram, callers: Callers, code: string): Promise<void> {
  const from = running.log().length;
  const began = Date.now();
  const [ROUNDS, AT_ONCE] = [3, 6];
  for (let round = 0; round < ROUNDS; round += 1) {
    const writes = await Promise.all(
      [declare, declareOnce, putCustomer].flatMap((write) => Array.from({ length: AT_ONCE }, () => write(callers))),
    );
    expect(new Set(writes.map(({ status }) => status))).toEqual(new Set([503]));
    expect(await verdict(callers)).toMatchObject({ status: 200, body: { verdict: 'unknown', reason: 'unavailable' } });
  }
  const about = (): LogLine[] =>
    problems(running, from).filter(
      ({ msg, cause }) => msg === 'The service cannot answer just now.' && cause?.errorCode === code,
    );
  // None is lost: what was not written at once is counted in a line that follows.
  await expect
    .poll(() => about().reduce((all, { repeated = 1 }) => all + repeated, 0), SOON)
    .toBeGreaterThanOrEqual(3 * AT_ONCE * ROUNDS);
  const seconds = (Date.now() - began) / 1_000;
  // A line is one of its kind: where in the server it failed is told apart.
  const kinds = new Map(
    about().map((line) => [
      JSON.stringify({ ...line.cause }),
      about().filter(({ cause }) => JSON.stringify({ ...cause }) === JSON.stringify({ ...line.cause })).length,
    ]),
  );
  for (const lines of kinds.values()) expect(lines).toBeLessThanOrEqual(seconds + 2);
  expect(kinds.size).toBeLessThanOrEqual(3);
  expect(problems(running, from).filter(({ cause }) => cause?.stack !== undefined)).toEqual([]);
}

describe('a database that takes no writes', () => {
  let database: TestDatabase;
  let dataDirectory: string;
  let owner: pg.Client;
  let running: RunningProgram;
  let callers: Callers;
  beforeAll(async () => {
    [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    running = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory });
    callers = await callersOf(running, dataDirectory);
  });
  afterAll(async () => {
    await running.stop();
    await owner.end();
    await database.drop();
    await removeTemporaryFolder(dataDirectory);
  });
  const name = (): string => new URL(database.url).pathname.slice(1);
  const endSessions = (): Promise<unknown> =>
    owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'countersign%'`,
    );
  const recovered = async (): Promise<void> => {
    await expect.poll(() => ready(running.url), SOON).toEqual({ status: 200 });
    await expect.poll(async () => (await declare(callers)).status, SOON).toBe(201);
  };
  // Sessions that a test has ended end behind it.
  beforeEach(recovered);

  describe('because it is read-only, as a standby is', () => {
    afterEach(async () => {
      await owner.query(`ALTER DATABASE ${name()} RESET default_transaction_read_only`);
      await endSessions();
    });

    it('is told by readiness, with why, and by one line a second; and is ready again by itself', async () => {
      await owner.query(`ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
      await endSessions();
      await expect
        .poll(() => ready(running.url), SOON)
        .toEqual({ status: 503, detail: 'The database cannot be written to. It is read-only, as a standby is.' });
      await expectFewLines(running, callers, '25006');
      expect((await callers.admin.get('/v1/lines')).status).toBe(200);
      await owner.query(`ALTER DATABASE ${name()} RESET default_transaction_read_only`);
      await endSessions();
      await recovered();
    });

    it('is told where nobody has asked for anything yet', async () => {
      await owner.query(`ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
      const other = await program.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory }, [], 503);
      await expect
        .poll(() => ready(other.url), SOON)
        .toEqual({ status: 503, detail: 'The database cannot be written to. It is read-only, as a standby is.' });
      await other.stop();
    });
  });

  describe.each([
    ['53100', 'Its disk is full.'],
    ['58030', 'Its disk fails.'],
  ])('with %s for whatever is written', (code, why) => {
    const TABLES = ['events', 'calls', 'customers', 'write_probes', 'idempotency_keys'];
    afterEach(async () => {
      for (const table of TABLES) await owner.query(`DROP TRIGGER IF EXISTS fails ON ${table}`);
    });

    it('is told by readiness and by few lines, loses nothing that was answered, and is ready again by itself', async () => {
      const before = await Promise.all(Array.from({ length: 5 }, () => declare(callers)));
      expect(before.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      await owner.query(
        `CREATE OR REPLACE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${code}'; END $$`,
      );
      for (const table of TABLES)
        await owner.query(`CREATE TRIGGER fails BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION fails()`);
      await expectFewLines(running, callers, code);
      await expect
        .poll(() => ready(running.url), SOON)
        .toEqual({ status: 503, detail: `The database cannot be written to. ${why}` });
      // What changes nothing succeeds, and says nothing of the disk.
      expect((await callers.admin.delete(`/v1/customers/${newCustomerId()}`)).status).toBeLessThan(500);
      expect((await ready(running.url)).status).toBe(503);
      for (const { body } of before) expect((await callers.agent.get(`/v1/calls/${body.id}`)).status).toBe(200);
      for (const table of TABLES) await owner.query(`DROP TRIGGER fails ON ${table}`);
      await recovered();
    });
  });
});

/** Mounts a disk of its own, where this user may. */
function mountSmallDisk(directory: string, megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'countersign-test', directory], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** To the last page: what tables have left is used up soon. */
function fill(file: string): void {
  for (let size = 1 << 20; size >= 1 << 12; size >>= 1) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size, 'x'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

describe('a disk that is full', () => {
  it('is told by readiness, with why; loses nothing that was answered; and is used again once there is room', async ({
    skip,
  }) => {
    const folder = await makeTemporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (!mountSmallDisk(disk, 400)) {
      await removeTemporaryFolder(folder);
      return skip('this user may not mount a disk');
    }
    chmodSync(disk, 0o755);
    let running: RunningProgram | undefined;
    try {
      running = await program.start({ DATA_DIR: disk });
      const callers = await callersOf(running, disk);
      const decided = [(await declare(callers)).body.id];
      fill(join(disk, 'filler'));
      await expect
        .poll(
          async () => {
            const reply = await declare(callers);
            if (reply.status === 201) decided.push(reply.body.id);
            return reply.status;
          },
          { timeout: 60_000, interval: 1 },
        )
        .toBe(503);
      await expect
        .poll(() => ready(running!.url), SOON)
        .toEqual({ status: 503, detail: 'The database cannot be written to. Its disk is full.' });
      await rm(join(disk, 'filler'));
      await expect.poll(() => ready(running!.url), SOON).toEqual({ status: 200 });
      await expect.poll(async () => (await declare(callers)).status, SOON).toBe(201);
      for (const id of decided) expect((await callers.agent.get(`/v1/calls/${id}`)).status).toBe(200);
    } finally {
      await running?.stop();
      execFileSync('umount', ['-l', disk]);
      await removeTemporaryFolder(folder);
    }
  });
});
