import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const EVENTS = 3_000;

let service: TestService;
let owner: pg.Client;
beforeAll(async () => {
  service = await startTestService();
  owner = new pg.Client({
    connectionString: service.ownerUrl,
    options: '-c countersign.tenant=northbank -c session_replication_role=replica',
  });
  await owner.connect();
});
afterAll(async () => {
  await owner.query(`DELETE FROM events WHERE customer_id LIKE 'past-%'`);
  await owner.end();
  await service.stop();
});

/** As they come, and as autovacuum looks at their partition in the end. */
async function addEvents(): Promise<void> {
  await owner.query(
    `INSERT INTO events (type, about, customer_id, data) SELECT 'countersign.verdict.given', 'customer', 'past-' || n, '{}' FROM generate_series(1, ${EVENTS}) n`,
  );
  const { rows } = await owner.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass`,
  );
  for (const { name } of rows) await owner.query(`ANALYZE ${name}`);
}

const known = async (): Promise<number> =>
  (await owner.query<{ rows: number }>(`SELECT reltuples::int AS rows FROM pg_class WHERE oid = 'events'::regclass`))
    .rows[0]!.rows;
const analyze = async (): Promise<boolean> =>
  (await owner.query<{ done: boolean }>('SELECT analyze_events() AS done')).rows[0]!.done;

it('the service takes the statistics of the whole log itself, which autovacuum never does', async () => {
  await addEvents();
  expect(await known()).toBeLessThan(EVENTS);
  await service.startAnother();
  while ((await known()) < EVENTS) await new Promise((resolve) => setTimeout(resolve, 50));
  const { rows } = await owner.query(
    `SELECT FROM pg_stats WHERE schemaname = 'public' AND tablename = 'events' AND inherited AND attname = 'customer_id'`,
  );
  expect(rows).toHaveLength(1);
});

it('they are taken again once a tenth has changed, and not before', async () => {
  await analyze();
  expect(await analyze()).toBe(false);
  await addEvents();
  expect(await analyze()).toBe(true);
  expect(await known()).toBeGreaterThanOrEqual(2 * EVENTS);
  expect(await analyze()).toBe(false);
});
