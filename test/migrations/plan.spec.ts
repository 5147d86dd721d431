import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runMigrate } from '../../src/boot/migrating/program.js';
import { ensureServiceLogin, migrate, MIGRATIONS } from '../../src/database/migrate.js';
import { MIGRATING_LOCK } from '../../src/database/migration-locks.js';
import type { Outlook } from '../../src/database/migration-outlook.js';
import { describeCatalog } from '../support/catalog.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { RELEASES, restoreRelease } from '../support/released.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
let client: pg.Client;
let folder: string;
beforeEach(async () => {
  [database, folder] = await Promise.all([createBareDatabase(), makeTemporaryFolder()]);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await Promise.all([database.drop(), removeTemporaryFolder(folder)]);
});

async function plan(url = database.url, asJson = false): Promise<{ code: number; text: string }> {
  let text = '';
  const environment = { DATABASE_URL: url, DATA_DIR: folder, MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
  const code = await runMigrate(environment, { plan: true, asJson, say: (more) => (text += more) });
  return { code, text };
}

async function outlook(): Promise<{ code: number } & Outlook> {
  const { code, text } = await plan(database.url, true);
  return { code, ...(JSON.parse(text) as Outlook) };
}

/** All that is in the database: its catalog, and a hash of each table's rows. */
async function everything(): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND nspname IN ('public', 'graphile_worker') ORDER BY 1`,
  );
  const hashes: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ hash: string }>(
      `SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) AS hash FROM ${name} t`,
    );
    hashes.push(`${name} ${rows[0]!.hash}`);
  }
  return [await describeCatalog(client), ...hashes].join('\n');
}

const step = (of: Outlook, name: string, table: string) =>
  of.pending
    .find((one) => one.name.startsWith(name))!
    .steps.map(({ locks, seconds }) => ({ ...locks.find((lock) => lock.table === table), seconds }))
    .filter(({ mode }) => mode !== undefined);

describe('the plan of a migration', () => {
  it('of an empty database names all, in order, and 3 says that there is something to do', async () => {
    const before = await everything();
    const { code, ...found } = await outlook();
    expect(code).toBe(3);
    expect(found).toMatchObject({ applied: 0, obstacles: [], migratingPid: null });
    expect(found.rest).toHaveLength(2);
    expect(found.pending.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await everything()).toBe(before);
  });

  it('of a release with rows names what it lacks: statements, locks, rows, and for what verdicts wait', async () => {
    await restoreRelease(client, RELEASES[0]);
    // What this session has inserted is counted before, and not after, all rows are.
    await client.query('SELECT pg_stat_force_next_flush()');
    await client.query('ANALYZE');
    const before = await everything();
    const { code, ...found } = await outlook();
    expect(code).toBe(3);
    expect(found.applied).toBe(21);
    expect(found.pending.map(({ name }) => name)).toEqual(MIGRATIONS.slice(21).map(({ name }) => name));
    const epochs = found.pending.find(({ name }) => name.startsWith('LogEpochs'))!;
    expect(epochs.statements).toContain('ALTER TABLE events ALTER COLUMN xid SET DEFAULT log_xact_id()');
    expect(epochs.statements.every((statement) => !statement.endsWith(';'))).toBe(true);
    const counts = Object.fromEntries(
      (
        await client.query<{ name: string; rows: number }>(
          `SELECT 'events' AS name, count(*)::int AS rows FROM events UNION ALL SELECT 'devices', count(*)::int FROM devices`,
        )
      ).rows.map(({ name, rows }) => [name, rows]),
    );
    expect(counts.events).toBeGreaterThan(100);
    expect(step(found, 'LogEpochs', 'events')).toEqual([
      expect.objectContaining({
        mode: 'AccessExclusiveLock',
        stopsVerdicts: true,
        rows: counts.events,
        reads: 0,
        seconds: 0,
      }),
    ]);
    expect(step(found, 'Passkeys', 'devices')).toEqual([
      expect.objectContaining({ mode: 'AccessExclusiveLock', stopsVerdicts: false, rows: counts.devices, indexes: 1 }),
    ]);
    const { text } = await plan();
    expect(text).toContain(`AccessExclusiveLock on events, for which verdicts wait: about ${counts.events} rows`);
    expect(text).toContain('  > ALTER TABLE events ALTER COLUMN xid SET DEFAULT log_xact_id()\n');
    expect(await everything()).toBe(before);
  });

  it('can be carried out afterwards, and is then empty: 0', async () => {
    await restoreRelease(client, RELEASES[0]);
    const { pending } = await outlook();
    expect(await migrate(database.url)).toEqual(pending.map(({ name }) => name));
    const before = await everything();
    expect(await plan()).toEqual({
      code: 0,
      text: `The database is up to date: ${MIGRATIONS.length} migrations have run, and there is nothing to do.\n`,
    });
    expect(await everything()).toBe(before);
  });

  it('says of rows that nobody has counted that they are unknown, and does not wait for whoever holds their table', async () => {
    await restoreRelease(client, RELEASES[0]);
    await client.query('SELECT pg_stat_force_next_flush()');
    await client.query('SELECT pg_stat_reset()');
    await client.query('BEGIN; LOCK TABLE devices IN ACCESS EXCLUSIVE MODE');
    const found = await outlook();
    await client.query('COMMIT');
    expect(found.code).toBe(3);
    expect(step(found, 'Passkeys', 'devices')).toEqual([expect.objectContaining({ rows: null, seconds: null })]);
    expect((await plan()).text).toContain('an unknown number of rows (run ANALYZE)');
  });

  it('of a database that a newer version migrated is refused: 1', async () => {
    await migrate(database.url);
    await client.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    const { code, text } = await plan();
    expect(code).toBe(1);
    expect(text).toMatch(/newer version of this service \(FromTheFuture9999999999999\)/);
  });

  it('is refused to a login that may not read what has run, and told to one that owns nothing: 1', async () => {
    await restoreRelease(client, RELEASES[0]);
    const service = await ensureServiceLogin(database.url, 'plan');
    const refused = await plan(service);
    expect(refused).toMatchObject({ code: 1, text: expect.stringContaining('42501') as string });
    const role = `plan_${randomUUID().slice(0, 8)}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT SELECT ON migrations TO ${role}`);
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'x'];
    const foreign = await plan(url.toString());
    expect(foreign.code).toBe(1);
    expect(foreign.text).toMatch(new RegExp(`It would fail: The role ${role} does not own .*events`));
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    const login = new URL(service).username;
    await client.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`);
  });

  it('of a database that is away says so: 1', async () => {
    const { code, text } = await plan(`postgres://owner:secret@127.0.0.1:${await freePort()}/countersign`);
    expect(code).toBe(1);
    expect(text).toMatch(/ECONNREFUSED/);
    expect(text).not.toContain('secret');
  });

  it('says that somebody else migrates just now, and does not wait', async () => {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATING_LOCK]);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const { code, text } = await plan();
    expect(code).toBe(3);
    expect(text).toContain(`Somebody is migrating just now (process ${rows[0]!.pid} of the server)`);
  });

  it('without a database makes none: 3', async () => {
    let text = '';
    const code = await runMigrate(
      { DATA_DIR: folder, MASTER_KEY: Buffer.alloc(32, 7).toString('base64') },
      { plan: true, asJson: false, say: (more) => (text += more) },
    );
    expect(code).toBe(3);
    expect(text).toMatch(/^There is no database yet/);
  });
});
