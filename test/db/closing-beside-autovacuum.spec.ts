import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { closeTo } from '../../src/boot/keys/closing.js';
import { keepAutovacuumAt } from '../support/autovacuum.js';
import { createTestDatabase, type TestDatabase, useOwnCluster } from '../support/database.js';

vi.setConfig({ testTimeout: 160_000, hookTimeout: 120_000 });

const CUSTOMERS = 20_000;

let stop: () => Promise<void>;
let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  stop = await useOwnCluster();
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url, options: '-c countersign.tenant=northbank' });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stop();
});

it('a table is closed to a former generation while autovacuum is at it, because every row was just made anew', async () => {
  await client.query(
    `INSERT INTO customers (id, key_id, wrapped_key) SELECT 'cust-' || n, gen_random_uuid(), '\\x0200000002ff' FROM generate_series(1, ${CUSTOMERS}) n`,
  );
  await keepAutovacuumAt(client, 'customers');
  expect(await closeTo(client, { table: 'customers', columns: ['wrapped_key'], from: 2 })).toBe('closed');
});
