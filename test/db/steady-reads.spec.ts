import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCalls } from '../../src/calls/call-lists.store.js';
import { lapseDueCalls } from '../../src/calls/calls.store.js';
import { forgetSpentProofs } from '../../src/customers/devices.store.js';
import { FIRST_ID } from '../../src/events/event-range.js';
import { findPositionBefore, listEventsByTime } from '../../src/events/events-by-time.store.js';
import { readAfter } from '../../src/events/events.store.js';
import { isBehind, readConsumerLags } from '../../src/events/relay.store.js';
import { forgetOldKeys } from '../../src/http/idempotency/idempotency.store.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { findPending, readHead, readLastCheckpoint, readUnsealedAge } from '../../src/transparency/log.store.js';
import { readState } from '../../src/transparency/log-state.store.js';
import { lapseDueVerifications, listVerifications } from '../../src/verifications/verifications.store.js';
import { forgetOldDeliveries, queueForWebhooks } from '../../src/webhooks/deliveries.store.js';
import { listStranded } from '../../src/webhooks/pump.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AFTERWARDS, ASKED_TOGETHER, inTurn, resetAsking, TOGETHER } from '../support/hot-statements.js';
import { PreparedStatement } from '../support/prepared-statement.js';

/** A long history: all sealed, all handed on. Its events and its deliveries fill some thousand blocks, its indexes hundreds. */
const EVENTS = 40_000;
/** Of 8 KB, of tables and indexes together, each looked at once or more often. */
const MOST_BLOCKS = 100;

let database: TestDatabase;
let serviceUrl: string;
let superuser: pg.Client;
const last = { xid: 0n, sequence: 0n };

beforeAll(async () => {
  database = await createTestDatabase();
  serviceUrl = await ensureServiceLogin(database.url, 'steady');
  superuser = new pg.Client({
    connectionString: database.url,
    options: '-c countersign.tenant=northbank -c session_replication_role=replica',
  });
  await superuser.connect();
  await superuser.query(
    `INSERT INTO events (type, about, customer_id, data) SELECT 'countersign.verdict.given', 'customer', 'cust-' || n, '{"verdict":"legitimate"}' FROM generate_series(1, ${EVENTS}) n`,
  );
  await superuser.query(
    `INSERT INTO log_leaves (leaf_index, event_id, leaf_hash) SELECT row_number() OVER (ORDER BY sequence) - 1, id, sha256(id::text::bytea) FROM events`,
  );
  await superuser.query(
    `INSERT INTO log_checkpoints (tree_size, root_hash, key_id, note) SELECT n, sha256('root'), 'key', 'note' FROM generate_series(${EVENTS - 2_000}, ${EVENTS}) n`,
  );
  await superuser.query(
    `INSERT INTO event_consumers (name, xid, sequence) SELECT 'webhooks', xid, sequence FROM events ORDER BY events.sequence DESC LIMIT 1`,
  );
  await superuser.query(
    `INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES ('00000000-0000-7000-8000-000000000001', 'https://bank.example/', '{}', 'v1', '\\x00', 'admin')`,
  );
  await superuser.query(
    `INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, status, closed_at) SELECT '00000000-0000-7000-8000-000000000001', id, type, id::text, 'delivered', now() FROM events`,
  );
  await superuser.query(`INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, agent_department, declared_by, expires_at, ended_at)
    SELECT id, id::text, customer_id, 'outbound', id, '\\x00', 'agent ' || right(customer_id, 2), 'Amara Okafor', 'Team ' || right(customer_id, 1), 'amara', now() - interval '1 hour', now() - interval '2 hours' FROM events`);
  await superuser.query(`INSERT INTO verifications (id, customer_id, kind, status, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at, closed_at)
    SELECT id, customer_id, 'call', 'expired', id, 'outbound', id, '\\x00', 'challenge', '{answer}', 5, 1, 'amara', now() - interval '1 hour', now() FROM events`);
  const {
    rows: [row],
  } = await superuser.query<{ xid: string; sequence: string }>(
    `SELECT xid::text, sequence::text FROM events ORDER BY events.sequence DESC LIMIT 1`,
  );
  Object.assign(last, { xid: BigInt(row!.xid), sequence: BigInt(row!.sequence) });
});
afterAll(async () => {
  await superuser.end();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`DROP OWNED BY ${new URL(serviceUrl).username}; DROP ROLE ${new URL(serviceUrl).username}`);
  await client.end();
  await database.drop();
});

const ASKED_ALL_THE_TIME: Record<string, (db: TenantHandle) => Promise<unknown>> = {
  'whether something is to be sealed': (db) => findPending(db),
  'for how long it has waited': (db) => readUnsealedAge(db),
  'up to where the log is sealed': (db) => readHead(db),
  'how the log stands, its edge and its last checkpoint': (db) => readState(db),
  'the last checkpoint': (db) => readLastCheckpoint(db),
  'what comes next, to seal it': (db) => readAfter(db, last, 200),
  'whether something is to be handed on': (db) => isBehind(db, 'webhooks', FIRST_ID),
  'what comes next, to hand it on': (db) => queueForWebhooks(db, { consumer: 'webhooks', first: FIRST_ID, most: 500 }),
  'how far consumers are behind': (db) => readConsumerLags(db),
  'endpoints that nobody is at': (db) => listStranded(db),
  'verifications that have run out': (db) => lapseDueVerifications(db, 500),
  'calls that have run out': (db) => lapseDueCalls(db, 500),
  'keys of requests that nobody repeats any more': (db) => forgetOldKeys(db, 10_000),
  'proofs that are spent': (db) => forgetSpentProofs(db),
  'deliveries that ended long ago': (db) => forgetOldDeliveries(db, '30 days', 5_000),
};

const NOBODY = { customerId: null, agentId: null, team: null, externalId: null, externalSystem: null, before: null };
const EVENTS_LISTED = { customerId: null, subject: null, types: undefined, from: null, to: null, after: null } as const;

/** What people ask from time to time, and what they find first is among thousands. */
const LOOKED_UP: Record<string, (db: TenantHandle) => Promise<unknown>> = {
  'the live calls of a team': (db) =>
    listCalls(db, { ...NOBODY, team: 'Fraud Operations', live: true, most: 51 }, { all: true }),
  "an agent's own live calls": (db) =>
    listCalls(db, { ...NOBODY, live: true, most: 51 }, { all: false, me: 'ben', team: 'Payments' }),
  'the calls of an agent who has none': (db) =>
    listCalls(db, { ...NOBODY, agentId: 'ben', live: null, most: 51 }, { all: true }),
  'the calls of a team that has none': (db) =>
    listCalls(db, { ...NOBODY, team: 'Payments', live: null, most: 51 }, { all: true }),
  'a call by the id of another system': (db) =>
    listCalls(db, { ...NOBODY, externalId: 'case/1', live: null, most: 51 }, { all: true }),
  'the newest events': (db) => listEventsByTime(db, { ...EVENTS_LISTED, order: 'desc', most: 20 }),
  'events of a time that has not come': (db) =>
    listEventsByTime(db, { ...EVENTS_LISTED, from: '2999-01-01T00:00:00Z', order: 'asc', most: 20 }),
  "a customer's events, backwards": (db) =>
    listEventsByTime(db, { ...EVENTS_LISTED, customerId: 'cust-7', order: 'desc', most: 20 }),
  'events about something': (db) =>
    listEventsByTime(db, {
      ...EVENTS_LISTED,
      subject: { is: 'thing', about: 'dev', id: '00000000-0000-7000-8000-000000000001' },
      order: 'asc',
      most: 20,
    }),
  'where a stream begins at a time that has not come': (db) => findPositionBefore(db, '2999-01-01T00:00:00Z'),
  'verifications that ended in an alarm': (db) =>
    listVerifications(db, { customerId: null, status: 'locked', before: null, most: 51 }),
  'verifications that wait': (db) =>
    listVerifications(db, { customerId: null, status: 'waiting', before: null, most: 51 }),
};

/** How many blocks a statement looks at. */
async function blocksOf(send: (db: TenantHandle) => Promise<unknown>, plans: string): Promise<number> {
  const statement = await PreparedStatement.of(send, serviceUrl, plans);
  const blocks = await statement.blocks();
  await statement.end();
  return blocks;
}

describe.each(['before statistics', 'with statistics'])('a long log, %s,', (when) => {
  beforeAll(async () => {
    if (when === 'with statistics') await superuser.query('VACUUM ANALYZE');
  });

  describe.each(['force_custom_plan', 'force_generic_plan'])('%s', (plans) => {
    it.each(Object.entries(LOOKED_UP))('is not read through to list %s', async (_what, send) => {
      expect(await blocksOf(send, plans)).toBeLessThan(MOST_BLOCKS);
    });

    it.each(Object.entries(ASKED_TOGETHER))('is not read through for %s, many at once', async (what, [most, send]) => {
      await resetAsking(superuser);
      expect(await blocksOf(send, plans)).toBeLessThan(most * TOGETHER);
      // It was done of each.
      const { rows } = await superuser.query<{ status: string }>(
        `SELECT status FROM verifications WHERE customer_id LIKE 'hot-%' ORDER BY status`,
      );
      expect(rows.map(({ status }) => status)).toEqual(AFTERWARDS[what] ?? inTurn(() => 'waiting'));
    });

    it.each(Object.entries(ASKED_ALL_THE_TIME))('is not read through to know %s', async (_what, send) => {
      expect(await blocksOf(send, plans)).toBeLessThan(MOST_BLOCKS);
    });
  });
});
