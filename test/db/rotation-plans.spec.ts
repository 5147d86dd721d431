import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { rehashNumbers, rewrapKeys } from '../../src/customers/kept-customers.store.js';
import { rehashAddresses } from '../../src/push/kept-push.store.js';
import { bind, type Statement, type Values } from '../../src/database/sql.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

vi.setConfig({ testTimeout: 120_000 });

const [ROWS, BATCH] = [5_000, 500];

interface Node {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly Node[];
}

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  // As with tables that are too large to be read from end to end, be it by an index.
  client = new pg.Client({
    connectionString: database.url,
    options:
      '-c countersign.tenant=northbank -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off',
  });
  await client.connect();
  await client.query(`
    INSERT INTO customers (id, key_id, wrapped_key) SELECT 'cust-' || n, gen_random_uuid(), sha256(n::text::bytea) FROM generate_series(1, ${ROWS}) n;
    INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since) SELECT id, 'phone', '', wrapped_key, now() FROM customers;
    INSERT INTO push_subscriptions (id, customer_id, kind, key_id, address_sealed, address_hash)
      SELECT gen_random_uuid(), id, 'fcm', key_id, wrapped_key, wrapped_key FROM customers;
    ANALYZE`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const allOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(allOf)];

/** What a statement did, node by node, with how often each made a row or threw one away. */
class Explaining implements TenantHandle {
  readonly tenantId = 'northbank';
  work: readonly (readonly [node: string, rows: number])[] = [];

  async query<Row extends object>(what: Statement, values: Values): Promise<Row[]> {
    const { text, values: given } = bind(what, values) as { text: string; values: unknown[] };
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      given,
    );
    this.work = allOf(rows[0]!['QUERY PLAN'][0].Plan).map((node) => [
      node['Node Type'],
      (node['Actual Rows'] + (node['Rows Removed by Join Filter'] ?? 0)) * node['Actual Loops'],
    ]);
    return [];
  }
}

const made = (row: { id: string }): Buffer => Buffer.from(`made anew: ${row.id}`);
const batchOf = async <Row extends object>(table: string): Promise<Row[]> =>
  (await client.query<Row>(`SELECT * FROM ${table} ORDER BY id LIMIT ${BATCH}`)).rows;

it.each<[string, (db: TenantHandle) => Promise<unknown>]>([
  [
    "customers' data keys",
    async (db) =>
      rewrapKeys(
        db,
        (await batchOf<never>('customers')).map((row) => ({ row, wrapped: made(row) })),
      ),
  ],
  [
    'hashes of numbers',
    async (db) =>
      rehashNumbers(
        db,
        (await batchOf<never>('contact_points')).map((row) => ({ row, hash: made(row) })),
      ),
  ],
  [
    'hashes of push subscriptions',
    async (db) =>
      rehashAddresses(
        db,
        (await batchOf<never>('push_subscriptions')).map((row) => ({ row, hash: made(row) })),
      ),
  ],
])('a batch of %s is written with a look at each row, and not at each for each', async (_kind, write) => {
  const explaining = new Explaining();
  await write(explaining);
  expect(explaining.work.length).toBeGreaterThan(3);
  expect(explaining.work.filter(([, rows]) => rows > 2 * BATCH)).toEqual([]);
});
