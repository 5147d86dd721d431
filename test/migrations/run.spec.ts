import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bringUpToDate, migrate, MIGRATIONS } from '../../src/database/migrate.js';
import { describeCatalog } from '../support/catalog.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { bundle } from '../support/program.js';
import { RELEASES, restoreRelease } from '../support/released.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 160_000 });

let program: { file: string; remove(): Promise<void> };
let folder: string;
beforeAll(async () => {
  [program, folder] = await Promise.all([bundle('migrating', 'scripts/migrate.ts'), makeTemporaryFolder()]);
});
afterAll(() => Promise.all([program.remove(), removeTemporaryFolder(folder)]));

let database: TestDatabase;
let client: pg.Client;
let other: pg.Client;
beforeEach(async () => {
  database = await createBareDatabase();
  [client, other] = [0, 1].map(() => new pg.Client({ connectionString: database.url })) as [pg.Client, pg.Client];
  await Promise.all([client.connect(), other.connect()]);
  await restoreRelease(client, RELEASES[0]);
});
afterEach(async () => {
  await Promise.all([client.end(), other.end()]);
  await database.drop();
});

const applied = async (): Promise<string[]> =>
  (await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')).rows.map(({ name }) => name);

/** The command, in a process of its own. */
function start(): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, [program.file], {
    env: { ...process.env, DATABASE_URL: database.url, DATA_DIR: folder, MASTER_KEY: RELEASES[0].masterKey },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  return { child, said: () => text };
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Whoever sees the rows of a moment holds up an index that is all but built, and nothing else. */
const LOOK = 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM migrations';

/** Brings the database to before a migration. */
async function forwardTo(name: string): Promise<void> {
  const done = await applied();
  const runner = { query: async (text: string) => (await client.query(text)).rows } as never;
  for (const Migration of MIGRATIONS.slice(
    done.length,
    MIGRATIONS.findIndex((one) => one.name.startsWith(name)),
  )) {
    await new Migration().up(runner);
    await client.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [
      /\d+$/.exec(Migration.name)![0],
      Migration.name,
    ]);
  }
}

/** Whether an index is all but built, and somebody is waited for. */
const isBuilding = (table: string) => async (): Promise<boolean> =>
  (
    await client.query(
      `SELECT FROM pg_stat_progress_create_index p JOIN pg_class c ON c.oid = p.relid WHERE c.relname LIKE $1 AND p.phase LIKE 'waiting%'`,
      [`${table}%`],
    )
  ).rowCount! > 0;

async function expectDone(): Promise<void> {
  expect(await applied()).toEqual(MIGRATIONS.map(({ name }) => name));
  // Of the command, not of the migrations.
  await client.query('DROP FUNCTION IF EXISTS master_key_name()');
  await expect(await describeCatalog(client)).toMatchFileSnapshot('catalog.txt');
  const { rows } = await client.query(`SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid`);
  expect(rows).toEqual([]);
}

describe('migrating', () => {
  it.each([
    ['calls', 'Teams'],
    ['events', 'LookingThingsUp'],
  ])('goes on where it was killed, with an index of %s half built', async (table, migration) => {
    await forwardTo(migration);
    await other.query(LOOK);
    const { child, said } = start();
    await until(isBuilding(table));
    child.kill('SIGKILL');
    await once(child, 'close');
    const done = await applied();
    expect(done.length).toBeLessThan(MIGRATIONS.length);
    expect(said()).toContain('CREATE INDEX CONCURRENTLY');
    // The server goes on with what its client asked, or notices: whichever, the next run waits for it.
    const again = start();
    await until(() => again.said() !== '');
    await other.query('COMMIT');
    expect(await once(again.child, 'close')).toEqual([0, null]);
    for (const name of MIGRATIONS.slice(done.length).map((one) => one.name))
      expect(again.said()).toContain(`  ${name}\n`);
    for (const name of done) expect(again.said()).not.toContain(name);
    await expectDone();
  });

  it('is done by one of two that come together: the other waits, says so, and has nothing to do', async () => {
    await other.query(LOOK);
    const first = start();
    await until(isBuilding('calls'));
    const second = start();
    await until(() => second.said().includes('Another process is migrating; waiting for it to end.'));
    await other.query('COMMIT');
    expect(await Promise.all([once(first.child, 'close'), once(second.child, 'close')])).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(second.said()).toMatch(/The database is up to date\.\n$/);
    await expectDone();
  });

  it('says how far it is, a line for each migration', async () => {
    const { child, said } = start();
    expect(await once(child, 'close')).toEqual([0, null]);
    const names = MIGRATIONS.slice(21).map(({ name }) => name);
    const lines = said().split('\n');
    expect(lines.filter((line) => / \(\d+ of \d+\)$/.test(line))).toEqual(
      names.map((name, at) => `${name} (${at + 1} of ${names.length})`),
    );
    await expectDone();
  });

  it('waits for no lock so that readers queue behind it: it lets go, says whose it is, and tries again', async () => {
    await other.query(`SET application_name = 'a long report'; BEGIN; SELECT FROM events LIMIT 1`);
    const lines: string[] = [];
    const running = bringUpToDate(
      database.url,
      { eventsRetentionMonths: undefined, tenantIds: [] },
      { say: (line) => lines.push(line) },
    );
    await until(() => lines.filter((line) => line.includes('a lock was not free')).length >= 2);
    expect(lines.join('\n')).toMatch(
      /a lock was not free within 200 ms \(process \d+, a long report, has had a transaction open for \d+ s\); trying again/,
    );
    // Nothing of the one that failed is held meanwhile, and what came before it has been done.
    expect((await applied()).length).toBeGreaterThan(21);
    await client.query(
      `SET lock_timeout = '2s'; INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.call.declared', 'call', '{}')`,
    );
    await other.query('COMMIT');
    await running;
    await client.query(`RESET lock_timeout`);
    await expectDone();
  });

  it('gives up in the end, says what to do, and can be repeated', async () => {
    await other.query('BEGIN; SELECT FROM events LIMIT 1');
    await expect(
      bringUpToDate(
        database.url,
        { eventsRetentionMonths: undefined, tenantIds: [] },
        { say: () => undefined, patienceMs: 0 },
      ),
    ).rejects.toThrow(
      /LogEpochs1764000088000: a lock was not free within 200 ms.*End what holds the lock, and migrate again\./,
    );
    const done = await applied();
    await other.query('COMMIT');
    expect(await migrate(database.url)).toEqual(MIGRATIONS.slice(done.length).map(({ name }) => name));
    await expectDone();
  });
});
