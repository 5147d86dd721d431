import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bringUpToDate, MIGRATIONS } from '../../src/database/migrate.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

vi.setConfig({ testTimeout: 170_000, hookTimeout: 120_000 });

/** What the service of today can do without for a while, where it only answers verdicts. */
const UNDONE = ['LookingThingsUp', 'Teams'];
const ROWS = 60_000;

let service: TestService;
let owner: pg.Client;
beforeAll(async () => {
  service = await startTestService({ WORKERS: 'off' });
  owner = new pg.Client({
    connectionString: service.ownerUrl,
    options: '-c countersign.tenant=northbank -c session_replication_role=replica',
  });
  await owner.connect();
});
afterAll(async () => {
  // They only fill the table, and are no events of the catalogue.
  await owner.query(`DELETE FROM events WHERE customer_id LIKE 'past-%'`);
  await owner.end();
  await service.stop();
});

async function grow(): Promise<void> {
  await owner.query(`INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, agent_department, declared_by, expires_at, ended_at)
    SELECT uuid7(), 'P' || n, 'past-' || n, 'outbound', uuid7(), '\\x00', 'agent ' || n % 100, 'Amara Okafor', 'Team ' || n % 10, 'amara', now() - interval '1 hour', now() - interval '2 hours' FROM generate_series(1, ${ROWS}) n`);
  await owner.query(`INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT 'countersign.verification.started', 'ver', uuid7(), 'past-' || n, '{}' FROM generate_series(1, ${ROWS}) n`);
}

async function undo(): Promise<void> {
  const runner = { query: async (text: string) => (await owner.query(text)).rows } as never;
  for (const Migration of MIGRATIONS.filter(({ name }) => UNDONE.some((one) => name.startsWith(one))).reverse()) {
    await new Migration().down(runner);
    await owner.query('DELETE FROM migrations WHERE name = $1', [Migration.name]);
  }
}

it('no verdict is refused, late or unknown while the grown tables that it needs are migrated, beside readers that do not end', async () => {
  const customers: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const customerId = newCustomerId();
    customers.push(customerId);
    const call = { customerId, direction: 'outbound', line: LINE, purpose: 'A stopped payment' };
    expect((await service.amara.post('/v1/calls', call)).status).toBe(201);
  }
  await grow();
  await undo();
  // A report that reads the calls all the while, in one transaction: what would wait for it would hold up all who come later.
  const report = new pg.Client({ connectionString: service.ownerUrl });
  await report.connect();
  await report.query('BEGIN; SELECT FROM calls LIMIT 1');

  const outcomes: string[] = [];
  let running = true;
  const asking = customers.map(async (customerId) => {
    while (running) {
      const { status, body } = await service.app.post(`/v1/customers/${customerId}/call-verdicts`, {
        trigger: 'ringing',
        incomingNumber: LINE,
      });
      outcomes.push(`${status} ${body.verdict}`);
    }
  });
  const lines: string[] = [];
  const migrating = bringUpToDate(
    service.ownerUrl,
    { eventsRetentionMonths: undefined, tenantIds: [] },
    { say: (line) => lines.push(line) },
  );
  while (lines.filter((line) => line.includes('a lock was not free')).length < 3)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const meanwhile = outcomes.length;
  await report.query('COMMIT');
  await report.end();
  const { applied } = await migrating;
  running = false;
  await Promise.all(asking);
  expect(applied).toHaveLength(UNDONE.length);
  expect(lines.filter((line) => line.includes('CREATE INDEX CONCURRENTLY')).length).toBeGreaterThan(5);
  // Some came while the lock was wanted, and some while indexes were built.
  expect(meanwhile).toBeGreaterThan(0);
  expect(outcomes.length).toBeGreaterThan(meanwhile);
  expect(new Set(outcomes)).toEqual(new Set(['200 legitimate']));
});
