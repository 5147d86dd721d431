import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCalls } from '../../src/calls/call-lists.store.js';
import { lapseDueCalls } from '../../src/calls/calls.store.js';
import { declareTogether } from '../../src/calls/declarations-together.store.js';
import { readForVerdicts } from '../../src/calls/verdicts.store.js';
import { forgetSpentProofs } from '../../src/customers/devices.store.js';
import { FIRST_ID } from '../../src/events/event-range.js';
import { findPositionBefore, listEventsByTime } from '../../src/events/events-by-time.store.js';
import { readAfter, readPlacedAfter } from '../../src/events/events.store.js';
import { isBehind, readConsumerLags } from '../../src/events/relay.store.js';
import { forgetOldKeys } from '../../src/http/idempotency/idempotency.store.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import type { Statement, Values } from '../../src/database/sql.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { hasPending, readHead, readLastCheckpoint, readUnsealedAge } from '../../src/transparency/log.store.js';
import { confirmTogether, readContextsTogether } from '../../src/verifications/answers-together.store.js';
import { findTogether, listWaitingTogether } from '../../src/verifications/verifications-together.store.js';
import { lapseDueVerifications, listVerifications } from '../../src/verifications/verifications.store.js';
import { forgetOldDeliveries } from '../../src/webhooks/deliveries.store.js';
import { listStranded } from '../../src/webhooks/pump.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

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

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A value as SQL has it. */
function literalOf(value: unknown): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (!Array.isArray(value)) return pg.escapeLiteral(String(value));
  const members = value.map((one: unknown) => (Buffer.isBuffer(one) ? `\\x${one.toString('hex')}` : one));
  return pg.escapeLiteral(`{${members.map((one) => (one === null ? 'NULL' : JSON.stringify(String(one)))).join()}}`);
}

/** How many blocks each statement looks at, as the service's own connections plan it. */
async function blocksOf(send: (db: TenantHandle) => Promise<unknown>, plans: string): Promise<number> {
  const client = new pg.Client({
    connectionString: serviceUrl,
    options: `-c countersign.tenant=northbank -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=${plans}`,
  });
  await client.connect();
  let blocks = Number.NaN;
  const query = async (what: Statement, values: Values): Promise<never[]> => {
    const literals = what.parameters.map((name) => literalOf((values as Record<string, unknown>)[name]));
    await client.query(`PREPARE asked AS ${what.text}`);
    const {
      rows: [row],
    } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked${literals.length > 0 ? `(${literals.join()})` : ''}`,
    );
    const { Plan: plan } = row!['QUERY PLAN'][0];
    blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    return [];
  };
  // What comes of no rows does not matter here.
  await send({ tenantId: 'northbank', query }).catch((error: unknown) => {
    if (Number.isNaN(blocks)) throw error;
  });
  await client.end();
  return blocks;
}

const ASKED_ALL_THE_TIME: Record<string, (db: TenantHandle) => Promise<unknown>> = {
  'whether something is to be sealed': (db) => hasPending(db),
  'for how long it has waited': (db) => readUnsealedAge(db),
  'up to where the log is sealed': (db) => readHead(db),
  'the last checkpoint': (db) => readLastCheckpoint(db),
  'what comes next, to seal it': (db) => readAfter(db, last, 200),
  'whether something is to be handed on': (db) => isBehind(db, 'webhooks', FIRST_ID),
  'what comes next, to hand it on': (db) => readPlacedAfter(db, last, 500, FIRST_ID),
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

/** So many ask at once. */
const TOGETHER = 8;
/** Of one of them. What writes also looks at each index of the tables that it writes. */
const MOST_BLOCKS_READ = 40;
const MOST_BLOCKS_WRITTEN = 150;
const inTurn = <Value>(make: (n: number) => Value): Value[] => Array.from({ length: TOGETHER }, (_, n) => make(n));
const idsOf = (prefix: string): string[] =>
  inTurn((n) => `00000000-0000-7000-8000-${prefix}${String(n).padStart(8, '0')}`);

/** What many ask in the same moment: a customer each, with a device, of whom half have a live call and a question in it. */
const ASKED_TOGETHER: Record<string, readonly [number, (db: TenantHandle) => Promise<unknown>]> = {
  'what verdicts are made of': [
    MOST_BLOCKS_READ,
    (db) =>
      readForVerdicts(
        db,
        inTurn((n) => ({
          customerId: `hot-${n}`,
          incomingNumber: '+15550100',
          withNumbers: false,
          inAnotherCall: false,
        })),
      ),
  ],
  'what waits for customers': [
    MOST_BLOCKS_READ,
    (db) =>
      listWaitingTogether(
        db,
        inTurn((n) => ({ customerId: `hot-${n}`, most: 51 })),
      ),
  ],
  outcomes: [MOST_BLOCKS_READ, (db) => findTogether(db, idsOf('2000'))],
  'what answers are judged by': [
    MOST_BLOCKS_READ,
    (db) =>
      readContextsTogether(
        db,
        inTurn((n) => ({ id: idsOf('2000')[n]!, deviceId: idsOf('1000')[n]! })),
      ),
  ],
  'asking customers': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      declareTogether(
        db,
        inTurn((n) => ({
          call: { ...CALL, id: randomUUID(), reference: randomUUID(), customerId: `hot-${n + TOGETHER}` },
          toStart: { ...QUESTION, verificationId: randomUUID() },
        })),
      ),
  ],
  'recording what confirms': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      confirmTogether(
        db,
        inTurn((n) => ({
          ...YES,
          id: idsOf('2000')[n]!,
          customerId: `hot-${n}`,
          callId: idsOf('3000')[n]!,
          deviceId: idsOf('1000')[n]!,
        })),
      ),
  ],
};

const AFTERWARDS: Record<string, readonly string[]> = {
  'asking customers': [...inTurn(() => 'waiting'), ...inTurn(() => 'waiting')],
  'recording what confirms': inTurn(() => 'confirmed'),
};

const KEY_ID = '00000000-0000-7000-8000-000000000009';
const CALL = {
  keyId: KEY_ID,
  direction: 'outbound',
  channel: 'phone',
  line: null,
  purposeSealed: Buffer.from('purpose'),
  agentId: 'amara',
  agentName: 'Amara Okafor',
  agentDepartment: null,
  declaredBy: 'amara',
  externalId: null,
  externalSystem: null,
  callSeconds: 1_800,
  changeId: null,
} as const;
const QUESTION = {
  kind: 'call',
  displaySealed: Buffer.from('display'),
  displayCommitment: 'commitment',
  challenge: 'challenge',
  asks: ['answer', 'code'],
  codeMac: Buffer.from('mac'),
  startedBy: 'amara',
  policyVersion: 1,
  attemptsAllowed: 5,
  verificationSeconds: 300,
  promptsPerMinute: 100,
  promptsSinceConfirmed: 100,
} as const;
const YES = {
  keyId: KEY_ID,
  changeId: null,
  status: 'confirmed',
  answer: 'yes',
  reason: null,
  answerSealed: Buffer.from('answer'),
  answerCommitment: 'commitment',
  handset: null,
  findings: [],
  attemptsSeen: 0,
  failuresSeen: 0,
  signCount: null,
} as const;

/** Makes those who ask together as they are before anything is asked, so that each statement finds its common case. */
async function resetAsking(): Promise<void> {
  await superuser.query(`DELETE FROM verifications WHERE customer_id LIKE 'hot-%'; DELETE FROM calls WHERE customer_id LIKE 'hot-%';
    UPDATE customers SET prompts_since_confirmed = 0, recent_prompts = '{}' WHERE id LIKE 'hot-%';
    INSERT INTO customers (id, key_id, wrapped_key) SELECT 'hot-' || n, '${KEY_ID}', '\\x00' FROM generate_series(0, 15) n ON CONFLICT DO NOTHING;
    INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint)
      SELECT ('00000000-0000-7000-8000-1000' || lpad(n::text, 8, '0'))::uuid, 'hot-' || n, '\\x00', 'ios', '{}', lpad(n::text, 43, 'x') FROM generate_series(0, 15) n ON CONFLICT DO NOTHING;
    INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at)
      SELECT ('00000000-0000-7000-8000-3000' || lpad(n::text, 8, '0'))::uuid, 'hot ' || n, 'hot-' || n, 'outbound', '${KEY_ID}', '\\x00', 'amara', 'Amara', 'amara', now() + interval '1 hour' FROM generate_series(0, 7) n;
    INSERT INTO verifications (id, customer_id, kind, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at)
      SELECT ('00000000-0000-7000-8000-2000' || lpad(n::text, 8, '0'))::uuid, 'hot-' || n, 'call', ('00000000-0000-7000-8000-3000' || lpad(n::text, 8, '0'))::uuid, 'outbound', '${KEY_ID}', '\\x00', 'c', '{answer}', 5, 1, 'amara', now() + interval '1 hour' FROM generate_series(0, 7) n`);
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
      await resetAsking();
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
