import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import pg from 'pg';
import { findPgBouncer, NO_PGBOUNCER, type PgBouncer, startPgBouncer } from '../../bench/drills/pgbouncer.js';
import { examine } from '../../src/boot/doctor/doctor.js';
import { servicePassword } from '../../src/boot/service-database.js';
import { startService } from '../../src/boot/service.js';
import { readConfig } from '../../src/config/config.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const installed = await findPgBouncer();
if (!installed) process.stderr.write(`${NO_PGBOUNCER}\n`);
const MASTER_KEY = Buffer.alloc(32, 7);

let database: TestDatabase;
let serviceUrl: string;
let folder: string;
let pooler: PgBouncer | undefined;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
});
afterAll(() => removeTemporaryFolder(folder));
beforeEach(async () => {
  database = await createTestDatabase();
  serviceUrl = await ensureServiceLogin(database.url, servicePassword(MASTER_KEY));
});
afterEach(async () => {
  await pooler?.stop();
  pooler = undefined;
  await database.drop();
});

async function settings(addresses: Record<string, string>): Promise<NodeJS.ProcessEnv> {
  return {
    ...addresses,
    DATA_DIR: folder,
    PORT: String(await freePort()),
    LOG_LEVEL: 'silent',
    MASTER_KEY: MASTER_KEY.toString('base64'),
  };
}

/** Why it did not start, or null where it did. */
async function refusal(addresses: Record<string, string>): Promise<string | null> {
  try {
    await (await startService(readConfig(await settings(addresses)))).stop();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What the sessions of the database were left with. */
async function tenantsLeftBehind(through: string, sessions: number): Promise<(string | null)[]> {
  const clients = Array.from({ length: sessions }, () => new pg.Client({ connectionString: through }));
  try {
    await Promise.all(clients.map((client) => client.connect()));
    for (const client of clients) await client.query('BEGIN');
    const left = [];
    for (const client of clients) {
      const { rows } = await client.query<{ left: string | null }>(
        `SELECT current_setting('countersign.tenant', true) AS left`,
      );
      left.push(rows[0]!.left);
    }
    return left;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

describe.skipIf(!installed)('a service that is not told of a PgBouncer', () => {
  const start = async (given: Record<string, string>): Promise<PgBouncer> =>
    (pooler = await startPgBouncer(installed!.program, database.url, given));

  it.each<[string, Record<string, string>]>([
    ['one session', { default_pool_size: '1' }],
    ['three sessions', { default_pool_size: '3', min_pool_size: '3' }],
    ['sessions in turn', { default_pool_size: '5', min_pool_size: '5', server_round_robin: '1' }],
    ['sessions that are reset each time', { default_pool_size: '3', server_reset_query_always: '1' }],
    ['a mode of statements', { pool_mode: 'statement' }],
  ])('does not start with %s for all transactions, and leaves no bank behind in any', async (_what, given) => {
    const { through } = await start({ ignore_startup_parameters: 'options', query_wait_timeout: '20', ...given });
    expect(await refusal({ DATABASE_URL: through(database.url) })).toMatch(
      /^DATABASE_URL leads to a connection pooler/,
    );
    const only = { SERVICE_DATABASE_URL: through(serviceUrl), MIGRATE: 'false' };
    expect(await refusal(only)).toMatch(/^SERVICE_DATABASE_URL leads to a connection pooler/);
    const both = { DATABASE_URL: database.url, SERVICE_DATABASE_URL: through(serviceUrl) };
    expect(await refusal(both)).toMatch(/^SERVICE_DATABASE_URL leads to a connection pooler/);
    if (given.pool_mode) return;
    for (const url of [database.url, serviceUrl])
      expect((await tenantsLeftBehind(through(url), 1)).filter(Boolean)).toEqual([]);
  });

  it('does not start where a session is its own and what it is opened with is thrown away', async () => {
    const { through } = await start({ ignore_startup_parameters: 'options', pool_mode: 'session' });
    expect(await refusal({ DATABASE_URL: through(database.url) })).toMatch(/`options`\) does not reach the server/);
  });

  it('does not start where it is refused what it opens connections with, and says which setting it is', async () => {
    const { through } = await start({});
    expect(await refusal({ DATABASE_URL: through(database.url) })).toMatch(
      /^DATABASE_URL leads to a connection pooler/,
    );
    expect(await refusal({ DATABASE_URL: database.url, SERVICE_DATABASE_URL: through(serviceUrl) })).toBe(
      'SERVICE_DATABASE_URL leads to a connection pooler and not to PostgreSQL itself. Behind it what a connection is opened with (`options`) is refused. Set SERVICE_DATABASE_URL to the address of PostgreSQL.',
    );
  });

  it('is told by `npm run doctor` too', async () => {
    const { through } = await start({ ignore_startup_parameters: 'options' });
    const found = await examine(await settings({ DATABASE_URL: through(database.url) }));
    expect(found.filter(({ detail }) => detail.startsWith('DATABASE_URL leads to a connection pooler'))).toEqual([
      expect.objectContaining({ result: 'failed' }),
    ]);
  });

  it('starts at the same database beside it', async () => {
    await start({});
    expect(await refusal({ DATABASE_URL: database.url })).toBeNull();
    expect(await refusal({ DATABASE_URL: '', SERVICE_DATABASE_URL: serviceUrl, MIGRATE: 'false' })).toBeNull();
  });
});
