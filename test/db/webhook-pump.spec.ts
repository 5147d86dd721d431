import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/platform/migrate.js';
import { TenantDatabase } from '../../src/platform/tenant-database.js';
import { claimDue, recordDelivered } from '../../src/webhooks/pump.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const SCAN = 20;

let database: TestDatabase;
let owner: pg.Pool;
let north: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2, options: '-c countersign.tenant=northbank' });
  north = new TenantDatabase({ url: await ensureServiceLogin(database.url, 'pump'), tenantId: 'northbank', sharedConnections: 1, pooledConnections: 2 });
});
afterAll(async () => {
  await Promise.all([north.close(), owner.end()]);
  await database.drop();
});

let webhookId: string;
beforeEach(async () => {
  webhookId = randomUUID();
  await owner.query(`INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES ($1, 'http://127.0.0.1:9/', '{*}', 'v1', '\\x00', 'test')`, [webhookId]);
});

/** Deliveries of `subjects` subjects, `each` of them, by subject and in order; `due` says how many seconds ago each was due. */
async function pending(subjects: number, each: number, due: (place: number) => number): Promise<void> {
  for (let place = 0; place < each; place += 1) {
    await owner.query(
      `INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, next_attempt_at) SELECT $1, uuid7(), 'countersign.test.written', 's' || s, now() - make_interval(secs => $3) FROM generate_series(1, $2) s`,
      [webhookId, subjects, due(place)],
    );
  }
}

/** Delivers until nothing is due, and returns the ids in the order of delivery. */
async function deliverAll(): Promise<string[]> {
  const pump = randomUUID();
  const delivered: string[] = [];
  for (let idle = 0; idle < 200;) {
    const batch = await claimDue(north, { webhookId, pump, lease: '5 seconds', most: 8, scan: SCAN });
    const results = batch!.deliveries.map(({ id }) => ({ id, latencyMs: 1, responseStatus: 204 }));
    await recordDelivered(north, pump, results);
    delivered.push(...results.map(({ id }) => id));
    idle = results.length > 0 ? 0 : idle + 1;
    if (results.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const { rows } = await owner.query(`SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1 AND status = 'pending' LIMIT 1`, [webhookId]);
    if (rows.length === 0) return delivered;
  }
  return delivered;
}

describe('what is due at an endpoint', () => {
  it.each([
    ['all at once', () => 10],
    ['the later ones first, as after a process died over the first', (place: number) => (place === 0 ? 1 : 10)],
  ])('is delivered in order for its subject, however much waits behind it (%s)', async (_name, due) => {
    await pending(50, 4, due);
    const delivered = await deliverAll();
    expect(delivered).toHaveLength(200);
    const { rows } = await owner.query<{ id: string; subject: string }>(`SELECT id, subject FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY number`, [webhookId]);
    const subjects = new Map(rows.map(({ id, subject }) => [id, subject]));
    const bySubject = (ids: string[]) => ids.reduce<Record<string, string[]>>((all, id) => ({ ...all, [subjects.get(id)!]: [...(all[subjects.get(id)!] ?? []), id] }), {});
    expect(bySubject(delivered)).toEqual(bySubject(rows.map(({ id }) => id)));
  });
});
