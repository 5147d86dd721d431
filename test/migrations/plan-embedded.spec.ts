import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runMigrate } from '../../src/boot/migrating/program.js';
import { MIGRATIONS } from '../../src/database/migrate.js';
import type { Outlook } from '../../src/database/migration-outlook.js';
import { layoutOf } from '../../src/embedded-postgres/cluster.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { findPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { describeCatalog } from '../support/catalog.js';
import { countOf, RELEASES, restoreRelease } from '../support/released.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let directory: string;
let server: EmbeddedPostgres | undefined;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  directory = join(folder, 'data');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await removeTemporaryFolder(folder);
});

async function start(database = 'countersign'): Promise<EmbeddedPostgres> {
  server = await startEmbeddedPostgres({
    dataDirectory: directory,
    database,
    settings: { fsync: 'off' },
    log: () => undefined,
  });
  return server;
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Without a database and without keys, as somebody has it who has only unpacked the service. */
async function plan(asJson = false): Promise<{ code: number; text: string }> {
  let text = '';
  const code = await runMigrate({ DATA_DIR: directory }, { plan: true, asJson, say: (more) => (text += more) });
  return { code, text };
}

/** What lies in the folder beside the server's own files. */
const names = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => !['postgres.log', 'sessions'].includes(name)).sort();

/** All that is in the database: its catalog, and a hash of each table's rows; and the databases and roles beside it. */
const everything = (client: pg.Client): Promise<string> =>
  describeCatalog(client).then(async (catalog) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
    );
    const hashes: string[] = [];
    for (const { name } of tables)
      hashes.push(
        `${name} ${(await client.query<{ hash: string }>(`SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) AS hash FROM ${name} t`)).rows[0]!.hash}`,
      );
    const { rows } = await client.query(
      `SELECT datname AS name FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1`,
    );
    return [catalog, ...hashes, JSON.stringify(rows)].join('\n');
  });

describe('the plan of a migration of the embedded database', () => {
  it('makes no folder and no key where there is none: 3', async () => {
    expect(await plan()).toEqual({ code: 3, text: expect.stringMatching(/^There is no database yet/) as string });
    expect(await plan(true)).toEqual({ code: 3, text: '{"database":null}\n' });
    await expect(stat(directory)).rejects.toThrow(/ENOENT/);
  });

  it('starts the server where its data are, looks, stops it, and leaves everything as it was', async () => {
    const release = RELEASES[0];
    const before = await withClient((await start()).url, async (client) => {
      await restoreRelease(client, release);
      return everything(client);
    });
    await server!.stop();
    const files = await names();
    const { code, text } = await plan(true);
    const outlook = JSON.parse(text) as Outlook;
    expect({ code, applied: outlook.applied, pending: outlook.pending.length }).toEqual({
      code: 3,
      applied: countOf(release),
      pending: MIGRATIONS.length - countOf(release),
    });
    expect(await findPostmaster(layoutOf(directory).data)).toBeUndefined();
    expect(await names()).toEqual(files);
    expect(await withClient((await start()).url, everything)).toBe(before);
  });

  it('goes on with a server that a service uses, and leaves it running', async () => {
    const { url } = await start();
    await withClient(url, async (client) => {
      const pid = (await findPostmaster(layoutOf(directory).data))!.pid;
      expect((await plan()).code).toBe(3);
      expect((await findPostmaster(layoutOf(directory).data))!.pid).toBe(pid);
      expect((await client.query('SELECT 1')).rowCount).toBe(1);
    });
  });

  it('makes no database in a server that has none of ours: 3', async () => {
    const { url } = await start('postgres');
    const before = await withClient(url, everything);
    await server!.stop();
    expect(await plan()).toEqual({ code: 3, text: expect.stringMatching(/^There is no database yet/) as string });
    expect(await findPostmaster(layoutOf(directory).data)).toBeUndefined();
    expect(await withClient((await start('postgres')).url, everything)).toBe(before);
  });

  it('moves nothing aside that is no whole database, where a start would: 1', async () => {
    await start();
    await server!.stop();
    const version = join(layoutOf(directory).data, 'PG_VERSION');
    await rename(version, `${version}.lost`);
    const files = await names();
    const { code, text } = await plan();
    expect(code).toBe(1);
    expect(text).toContain('is no whole database. A start would move it aside');
    expect(await names()).toEqual(files);
    await writeFile(version, await readFile(`${version}.lost`));
    expect((await plan()).code).toBe(3);
  });
});
