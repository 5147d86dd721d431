import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bringUpToDate, MIGRATIONS } from '../../src/database/migrate.js';
import { keepAutovacuumAt } from '../support/autovacuum.js';
import { createBareDatabase, type TestDatabase, useOwnCluster } from '../support/database.js';
import { countOf, migrateFirst, RELEASES } from '../support/released.js';

vi.setConfig({ testTimeout: 160_000, hookTimeout: 120_000 });

const EVENTS = 40_000;
/** Less than autovacuum takes there. */
const PATIENCE_MS = 30_000;

let stop: () => Promise<void>;
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  stop = await useOwnCluster();
  database = await createBareDatabase();
  client = new pg.Client({ connectionString: database.url, options: '-c countersign.tenant=northbank' });
  await client.connect();
  await migrateFirst(client, countOf(RELEASES[0]));
});
afterAll(async () => {
  await client.end();
  await stop();
});

it('migrating goes on while autovacuum is at a table that it changes', async () => {
  await client.query(
    `INSERT INTO events (type, about, data) SELECT 'countersign.call.declared', 'call', jsonb_build_object('n', n) FROM generate_series(1, ${EVENTS}) n`,
  );
  const { rows } = await client.query<{ partition: string }>(
    'SELECT DISTINCT tableoid::regclass::text AS partition FROM events',
  );
  await keepAutovacuumAt(client, rows[0]!.partition);
  const lines: string[] = [];
  await bringUpToDate(
    database.url,
    { eventsRetentionMonths: undefined, tenantIds: [] },
    { say: (line) => lines.push(line), patienceMs: PATIENCE_MS },
  );
  expect(lines.join('\n')).toContain('a lock was not free within 200 ms');
  const { rowCount } = await client.query('SELECT FROM migrations');
  expect(rowCount).toBe(MIGRATIONS.length);
});
