import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LockMode, stopsVerdicts, VERDICT_TABLES } from '../../src/database/verdict-tables.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

vi.setConfig({ testTimeout: 170_000 });

let service: TestService;
let holder: pg.Client;
let tables: string[];
beforeAll(async () => {
  // Background work reads through the connections that verdicts share: what waits there for a lock holds up those behind it.
  service = await startTestService({ WORKERS: 'off' });
  holder = new pg.Client({ connectionString: service.ownerUrl });
  await holder.connect();
  tables = (
    await service.sql<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
    )
  ).map(({ name }) => name);
});
afterAll(async () => {
  await holder.end();
  await service.stop();
});

async function customerWith(direction: 'inbound' | 'outbound'): Promise<string> {
  const customerId = newCustomerId();
  const line = direction === 'inbound' ? CARD_LINE : LINE;
  const { status } = await service.amara.post('/v1/calls', {
    customerId,
    direction,
    line,
    purpose: 'A stopped payment',
  });
  expect(status).toBe(201);
  return customerId;
}

const TRIES = 3;

/**
 * Whether a genuine call is `legitimate` and a relayed one raises its alarm, while these tables are held. Asked again a few
 * times: a machine that is busy elsewhere lets a verdict run out of time, but only what it needs does so every time.
 */
async function isAnswered(held: readonly string[], mode: string): Promise<boolean> {
  const [genuine, relayed] = [await customerWith('outbound'), await customerWith('inbound')];
  await holder.query('BEGIN');
  for (const table of held) await holder.query(`LOCK TABLE ${table} IN ${mode} MODE`);
  // The policy is kept for a second.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  let answered = false;
  for (let tries = 0; tries < TRIES && !answered; tries += 1) {
    const asked = [genuine, relayed].map((customerId) =>
      service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
    );
    answered =
      (await Promise.all(asked)).map(({ body }) => body.reason as string).join() === 'live_call,someone_rang_as_you';
  }
  await holder.query('COMMIT');
  return answered;
}

async function neededOf(among: readonly string[], mode: string): Promise<string[]> {
  const needed: string[] = [];
  for (const table of among) if (!(await isAnswered([table], mode))) needed.push(table);
  return needed;
}

describe('the tables that verdicts need', () => {
  it('are those of the list: with any other locked wholly, they are given', async () => {
    const others = tables.filter((table) => !Object.hasOwn(VERDICT_TABLES, table));
    expect(others.length).toBeGreaterThan(20);
    expect(await neededOf(others, 'ACCESS EXCLUSIVE')).toEqual([]);
  });

  it('are each needed: with one of them locked wholly, they are not', async () => {
    expect(await neededOf(Object.keys(VERDICT_TABLES), 'ACCESS EXCLUSIVE')).toEqual(Object.keys(VERDICT_TABLES));
  });

  it('are written where the list says so, and else only read', async () => {
    const written = Object.entries(VERDICT_TABLES).flatMap(([table, use]) => (use === 'writes' ? [table] : []));
    expect(await neededOf(Object.keys(VERDICT_TABLES), 'SHARE')).toEqual(written);
    // The strongest that stops nobody who writes.
    expect(await isAnswered(tables, 'SHARE UPDATE EXCLUSIVE')).toBe(true);
  });
});

describe('a lock', () => {
  it.each<[string, LockMode, boolean]>([
    ['customers', 'AccessExclusiveLock', true],
    ['customers', 'ExclusiveLock', false],
    ['events', 'ShareLock', true],
    ['events', 'ShareRowExclusiveLock', true],
    ['events', 'ShareUpdateExclusiveLock', false],
    ['reports', 'AccessExclusiveLock', false],
    ['toString', 'AccessExclusiveLock', false],
  ])('on %s, %s: whether it stops verdicts is %s', (table, mode, stops) => {
    expect(stopsVerdicts(table, mode)).toBe(stops);
  });
});
