import { type TrustedKey, verifyEvidence } from '@countersign/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startService } from '../../src/boot/service.js';
import { readConfig } from '../../src/config/config.js';
import { ensureServiceLogin, migrate, MIGRATIONS } from '../../src/database/migrate.js';
import { toTypeId } from '../../src/ids/ids.js';
import { describeCatalog } from '../support/catalog.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import {
  countOf,
  catalogOf,
  migrateFirst,
  RELEASES,
  restoreRelease,
  rowsOf,
  statementsOfRelease,
} from '../support/released.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';

vi.setConfig({ testTimeout: 120_000 });

describe.each(RELEASES)('release $version', (release) => {
  let database: TestDatabase;
  let client: pg.Client;
  let catalogThen: string;
  beforeAll(async () => {
    database = await createBareDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await restoreRelease(client, release);
    catalogThen = await describeCatalog(client);
    await client.query(`SELECT set_config('countersign.tenant', 'northbank', false)`);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('stood where its migrations still lead: none of them has changed since', async () => {
    expect(catalogThen).toBe(catalogOf(release));
    const other = await createBareDatabase();
    const empty = new pg.Client({ connectionString: other.url });
    await empty.connect();
    await migrateFirst(empty, countOf(release));
    expect(await describeCatalog(empty)).toBe(catalogOf(release));
    await empty.end();
    await other.drop();
  });

  it('comes to the schema of today, and every row is as it was', async () => {
    expect(await migrate(database.url)).toEqual(MIGRATIONS.slice(countOf(release)).map(({ name }) => name));
    await expect(await describeCatalog(client)).toMatchFileSnapshot('catalog.txt');
    const now = new Map<string, string[]>();
    const rows = rowsOf(release);
    expect(rows.length).toBeGreaterThan(500);
    for (const { table, row } of rows) {
      if (!now.has(table)) {
        const columns = Object.keys(row);
        const found = await client.query<{ row: object }>(
          `SELECT to_jsonb(t) AS row FROM (SELECT ${columns.join(', ')} FROM ${table}) t`,
        );
        now.set(
          table,
          found.rows.map((one) => canonical(one.row)),
        );
      }
    }
    const then = new Map<string, string[]>();
    for (const { table, row } of rows) then.set(table, [...(then.get(table) ?? []), canonical(row)]);
    for (const [table, all] of then) expect([table, now.get(table)!.sort()]).toEqual([table, all.sort()]);
  });

  it('left processes whose statements are all understood and allowed by the schema of today', async () => {
    const login = await ensureServiceLogin(database.url, 'released');
    const service = new pg.Client({ connectionString: login, options: '-c countersign.tenant=northbank' });
    await service.connect();
    const statements = Object.entries(statementsOfRelease(release));
    expect(statements.length).toBeGreaterThan(150);
    const refused: string[] = [];
    for (const [at, [name, text]] of statements.entries()) {
      const most = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
      const nulls = most > 0 ? `(${Array.from({ length: most }, () => 'NULL').join()})` : '';
      try {
        const isPlanned = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(text);
        await service.query(isPlanned ? `PREPARE of_then_${at} AS ${text}` : `BEGIN; ${text}`);
        // Planned and looked over for its rights, and not run.
        await service.query(isPlanned ? `EXPLAIN EXECUTE of_then_${at}${nulls}` : 'ROLLBACK');
      } catch (error) {
        refused.push(`${name}: ${(error as Error).message}`);
      }
    }
    await service.end();
    expect(refused).toEqual([]);
  });

  it('left what the service of today reads: customers, calls, and evidence of what was decided', async () => {
    const [folder, port] = [await makeTemporaryFolder(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const running = await startService(
      readConfig({
        DATABASE_URL: database.url,
        DATA_DIR: folder,
        PORT: String(port),
        LOG_LEVEL: 'silent',
        MASTER_KEY: release.masterKey,
      }),
    );
    const token = await fetchDevelopmentToken({
      serviceUrl: url,
      dataDirectory: folder,
      tenant: 'northbank',
      identity: 'analyst',
    });
    const get = (path: string): Promise<Response> =>
      fetchAdmitted(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    const answered = rowsOf(release).filter(
      ({ table, row }) => table === 'verifications' && row.tenant_id === 'northbank' && row.answer !== null,
    );
    expect(answered.length).toBeGreaterThan(2);
    const { keys } = (await (await get('/.well-known/jwks.json')).json()) as { keys: TrustedKey[] };
    for (const { row } of answered) {
      const evidence = await get(`/v1/evidence/${toTypeId('ver', String(row.id))}`);
      const statements = verifyEvidence(await evidence.text(), keys);
      expect(statements.length).toBeGreaterThan(10);
      expect(statements.filter(({ result }) => result !== 'verified')).toEqual([]);
    }
    await running.stop();
    await removeTemporaryFolder(folder);
  });
});

/** One text for one row, whatever the order of its members and the form of its numbers. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${name}:${canonical(one)}`).join()}}`;
}
