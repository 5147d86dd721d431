import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { examine } from '../../src/boot/doctor/doctor.js';
import type { Finding } from '../../src/boot/doctor/finding.js';
import { runMigrate } from '../../src/boot/migrating/program.js';
import { MIGRATIONS } from '../../src/database/migrate.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { describeCatalog } from '../support/catalog.js';
import { createBareDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { bundle, type RunningProgram } from '../support/program.js';
import { migrateFirst, RELEASES, restoreRelease } from '../support/released.js';
import { ServiceClient } from '../support/service-client.js';
import { freePort } from '../../bench/load/free-port.js';
import { LINE } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { onceReached } from '../support/once-reached.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MASTER_KEY = RELEASES[0].masterKey;
const NEWEST = MIGRATIONS.at(-1)!.name;

let program: { file: string; remove(): Promise<void> };
beforeAll(async () => {
  program = await bundle('schema-age', 'src/main.ts');
});
afterAll(() => program.remove());

let folder: string;
let login: string;
let database: TestDatabase;
let client: pg.Client;
const running: RunningProgram[] = [];
async function use(made: Promise<TestDatabase>): Promise<void> {
  database = await made;
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
}
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  login = `age_${process.pid}_${Math.random().toString(36).slice(2)}`;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await client.query(`DROP ROLE IF EXISTS ${login}`);
  await client.end();
  await database.drop();
  await removeTemporaryFolder(folder);
});

/** A login as an operator makes it: a member of the group, and nothing else. */
async function serviceUrl(): Promise<string> {
  await client.query(`CREATE ROLE ${login} LOGIN PASSWORD 'x'; GRANT countersign_service TO ${login}`);
  const url = new URL(database.url);
  [url.username, url.password] = [login, 'x'];
  return url.toString();
}

const asOwner = (): NodeJS.ProcessEnv => ({ DATABASE_URL: database.url, MIGRATE: 'false' });
const asService = async (): Promise<NodeJS.ProcessEnv> => ({
  SERVICE_DATABASE_URL: await serviceUrl(),
  MIGRATE: 'false',
});
const settings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  NODE_ENV: 'test',
  DATA_DIR: folder,
  MASTER_KEY,
  LOG_LEVEL: 'error',
  ...environment,
});

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Starts the program itself; it serves, or has ended. */
async function start(environment: NodeJS.ProcessEnv): Promise<RunningProgram | Ended> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [program.file], {
    env: { PATH: process.env.PATH, PORT: new URL(url).port, ...settings(environment) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (said += text));
  const gone = once(child, 'close');
  while (child.exitCode === null) {
    const isReady = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) {
      const stop = async (): Promise<void> => {
        child.kill('SIGTERM');
        await gone;
      };
      const one = { child, url, log: () => said, stop };
      running.push(one);
      return one;
    }
    await new Promise((again) => setTimeout(again, 50));
  }
  await gone;
  return { code: child.exitCode, said };
}

async function serves(environment: NodeJS.ProcessEnv): Promise<RunningProgram> {
  const started = await start(environment);
  if (!('url' in started)) throw new Error(`it ended with ${started.code}: ${started.said}`);
  return started;
}

/** A call is declared through one process and asked about through another. */
async function verdict(declaredAt: RunningProgram, askedAt: RunningProgram, customerId: string): Promise<string> {
  const as = async ({ url }: RunningProgram, identity: string): Promise<ServiceClient> =>
    new ServiceClient(
      url,
      await fetchDevelopmentToken({ serviceUrl: url, dataDirectory: folder, tenant: 'northbank', identity }),
    );
  const declared = await (
    await as(declaredAt, 'agent:amara')
  ).post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    agent: { department: 'Fraud' },
  });
  expect(declared.status).toBe(201);
  const app = await as(askedAt, 'app');
  const reply = await onceReached(() =>
    app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
  );
  return reply.body.verdict as string;
}

const migrationsFinding = async (environment: NodeJS.ProcessEnv): Promise<Finding | undefined> =>
  (await examine({ TENANTS: '[{"id":"northbank","issuer":"http://127.0.0.1:9"}]', ...settings(environment) })).find(
    ({ check }) => check === 'migrations',
  );

async function expectRefused(environment: NodeJS.ProcessEnv, words: RegExp): Promise<void> {
  const before = await describeCatalog(client);
  const { code, said } = (await start(environment)) as Ended;
  expect(code).toBe(1);
  expect(said).toMatch(words);
  expect(said).toContain('Run `npx countersign migrate` as the role that owns the schema');
  expect(said).not.toMatch(/\n {4}at /);
  expect(await describeCatalog(client)).toBe(before);
  const { result, detail } = (await migrationsFinding(environment))!;
  expect(result).toBe('failed');
  expect(detail).toMatch(words);
  expect(detail).toContain('npx countersign migrate');
}

describe('a process with MIGRATE=false, on a schema that is older', () => {
  it('of a release is refused in words that say what to do, and serves once that was done', async () => {
    await use(createBareDatabase());
    await restoreRelease(client, RELEASES[0]);
    await expectRefused(asOwner(), /older than this version: \d+ of \d+ migrations have not run \(.*MigrationsTold/);
    const service = await asService();
    await expectRefused(service, /older than this version: it does not tell this login/);
    expect(
      await runMigrate(settings({ ...service, DATABASE_URL: database.url }), {
        plan: false,
        asJson: false,
        say: () => undefined,
      }),
    ).toBe(0);
    expect(await migrationsFinding(service)).toMatchObject({ result: 'ok' });
    const one = await serves(service);
    expect(await verdict(one, one, 'maya')).toBe('legitimate');
  });

  it('by a single migration is refused, and one on which nothing has run, through either login', async () => {
    await use(createBareDatabase());
    await expectRefused(asOwner(), /Nothing has been migrated in the database/);
    await migrateFirst(client, MIGRATIONS.length - 1);
    await expectRefused(asOwner(), new RegExp(`1 of ${MIGRATIONS.length} migrations have not run \\(${NEWEST}\\)`));
  });

  it('and newer at once, as after two lines of development, is older in what it lacks', async () => {
    await use(createTestDatabase());
    await client.query(`DELETE FROM migrations WHERE name = $1`, [NEWEST]);
    await client.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    await expectRefused(await asService(), new RegExp(`1 of ${MIGRATIONS.length} .*\\(${NEWEST}\\)`));
  });

  it('by the schema of jobs alone, which comes last, is refused', async () => {
    await use(createTestDatabase());
    await client.query('DROP SCHEMA graphile_worker CASCADE');
    await expectRefused(await asService(), /Migrating the database came to no end/);
  });
});

describe('a process with MIGRATE=false, on a schema that is newer', () => {
  /** As a newer version would: a column, a table and a name of which this version knows nothing. */
  const NEWER = `
    ALTER TABLE calls ADD COLUMN of_the_future text NOT NULL DEFAULT 'x';
    CREATE TABLE of_the_future (tenant_id text PRIMARY KEY);
    INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`;

  it('goes on serving, and is started anew, beside one that came before; one that migrates is refused', async () => {
    await use(createTestDatabase());
    const before = await serves({ DATABASE_URL: database.url });
    await client.query(NEWER);
    expect(await verdict(before, before, 'maya')).toBe('legitimate');
    const after = await serves({ ...(await asService()), PUBLIC_URL: before.url });
    expect(await verdict(after, before, 'noah')).toBe('legitimate');
    expect(await verdict(before, after, 'ines')).toBe('legitimate');
    expect(await start({ DATABASE_URL: database.url })).toEqual({
      code: 1,
      said: expect.stringMatching(/newer version of this service \(FromTheFuture\d+\).* MIGRATE=false/) as string,
    });
  });

  it('is warned of by the doctor, who fails one that migrates', async () => {
    await use(createTestDatabase());
    await client.query(NEWER);
    const warned = { result: 'warning', detail: expect.stringContaining('This one serves beside it') as string };
    expect(await migrationsFinding(asOwner())).toMatchObject(warned);
    expect(await migrationsFinding(await asService())).toMatchObject(warned);
    expect(await migrationsFinding({ DATABASE_URL: database.url })).toMatchObject({
      result: 'failed',
      detail: expect.stringContaining('MIGRATE=false') as string,
    });
  });
});
