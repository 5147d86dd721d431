import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Naming, namingsIn, tablesIn } from '../support/sql-tables.js';

/** Which folder of src a table is of. It alone inserts, changes and deletes its rows, but for what is listed below. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  customers: ['customers', 'contact_points', 'devices', 'enrolment_proofs'],
  lines: ['lines'],
  policy: ['policies'],
  verifications: ['verifications', 'diagnostics'],
  calls: ['calls', 'verdict_feedback'],
  callbacks: ['callbacks'],
  changes: ['changes', 'letters'],
  notices: ['notices', 'notice_recipients'],
  reports: [
    'reports',
    'report_indicators',
    'campaigns',
    'campaign_indicators',
    'campaign_customers',
    'campaign_minutes',
  ],
  'call-records': ['call_records', 'coverage_falls'],
  events: ['events', 'kept_events', 'event_consumers', 'stream_marks'],
  webhooks: ['webhooks', 'webhook_deliveries'],
  push: ['push_subscriptions'],
  transparency: ['log_checkpoints', 'log_leaves', 'log_nodes', 'log_witnessed', 'signing_keys'],
  http: ['idempotency_keys', 'dpop_proofs', 'downloads', 'rate_limits', 'tenant_demands'],
  'agent-desk': ['search_budgets'],
  claims: ['claims'],
  database: ['migrations', 'key_generations', 'key_slots', 'tenants', 'tenant_changes'],
  observability: ['write_probes'],
};

/** Tables that many states go through: a row is moved by a fragment of the owner's `.transition`, and nowhere else is it spelled out. */
const MOVED_BY_FRAGMENTS = ['verifications', 'calls', 'callbacks', 'changes', 'letters', 'customers', 'devices'];

const EVIDENCE = 'evidence shows what was decided, and by what, in one snapshot';
const OWN = "an id that a customer names is kept where it is that customer's own";
const KEY = 'a row comes with the key that opens it, in one read';
const FACTS = 'what decides is read in the statement that it decides, under its locks';

const ONE_S_OWN = 'an agent reads of a customer with whom they have something under way';
const SUMMARY = 'what is under way with a customer is told in one round trip';

/** Who else names a table, to read or to lock: the table, the folder, why. */
const READERS: readonly (readonly [string, string, string])[] = [
  ['customers', 'verifications', `${KEY}; ${FACTS}`],
  ['customers', 'calls', `${KEY}; ${FACTS}`],
  ['customers', 'callbacks', KEY],
  ['customers', 'changes', KEY],
  ['customers', 'reports', `${KEY}; ${FACTS}`],
  ['customers', 'notices', "the words of an answer are in the customer's language"],
  ['contact_points', 'verifications', FACTS],
  ['contact_points', 'calls', "whether the handset's own number is on file"],
  ['contact_points', 'callbacks', 'which number was on file before the request'],
  ['contact_points', 'changes', FACTS],
  ['contact_points', 'reports', 'who was on file counts towards a campaign'],
  ['contact_points', 'call-records', 'a record is of the call to that number'],
  ['contact_points', 'transparency', EVIDENCE],
  ['devices', 'verifications', FACTS],
  ['devices', 'calls', FACTS],
  ['devices', 'callbacks', 'how the customer confirmed this very call'],
  ['devices', 'changes', FACTS],
  ['devices', 'transparency', EVIDENCE],
  ['lines', 'calls', FACTS],
  ['lines', 'boot', 'the doctor says where none is registered'],
  ['policies', 'transparency', EVIDENCE],
  ['verifications', 'calls', 'a verdict says whether the customer has confirmed a call'],
  ['verifications', 'callbacks', 'how the customer confirmed this very call'],
  ['verifications', 'changes', 'a change is settled from its proofs'],
  ['verifications', 'reports', OWN],
  ['verifications', 'transparency', EVIDENCE],
  ['calls', 'verifications', FACTS],
  ['calls', 'callbacks', `${OWN}; whether the customer is on the line already`],
  ['calls', 'reports', OWN],
  ['calls', 'call-records', 'a record is of a declared call, or of none'],
  ['calls', 'events', 'a stream of calls is of those of a team or an agent'],
  ['customers', 'agent-desk', SUMMARY],
  ['contact_points', 'agent-desk', 'a customer is found by a number that is on file'],
  ['devices', 'agent-desk', SUMMARY],
  ['verifications', 'agent-desk', SUMMARY],
  ['calls', 'agent-desk', SUMMARY],
  ['callbacks', 'agent-desk', SUMMARY],
  ['changes', 'agent-desk', SUMMARY],
  ['calls', 'transparency', EVIDENCE],
  ['customers', 'claims', 'a claim file is of a customer whom the bank has or had'],
  ['reports', 'claims', EVIDENCE],
  ['events', 'agent-desk', 'a look at a customer that was counted is not counted again'],
  ['callbacks', 'calls', 'a call that was placed for a callback goes with it'],
  ['callbacks', 'verifications', ONE_S_OWN],
  ['callbacks', 'changes', 'a change is settled from its proofs'],
  ['callbacks', 'transparency', EVIDENCE],
  ['changes', 'verifications', 'an answer about a change counts while the change is held'],
  ['changes', 'callbacks', `a callback proves a change while it is held; ${OWN}`],
  ['changes', 'reports', OWN],
  ['changes', 'transparency', EVIDENCE],
  ['letters', 'transparency', EVIDENCE],
  ['campaigns', 'calls', 'a verdict warns of a number that a campaign claims'],
  ['campaign_indicators', 'calls', 'a verdict warns of a number that a campaign claims'],
  ['reports', 'callbacks', OWN],
  ['events', 'calls', 'the signals of a customer are what is in the log of them'],
  ['events', 'transparency', 'the log is sealed'],
  ['events', 'webhooks', 'the log is delivered'],
  ['customers', 'push', `${KEY}; ${FACTS}`],
  ['verifications', 'push', 'a push is sent while a question waits'],
  ['kept_events', 'transparency', 'the last sealed event outlives its month'],
  ['event_consumers', 'webhooks', 'how far the log has been handed on'],
];

/** Who else writes to a table: the table, what it does, why. The folders are named where they are few. */
const WRITERS: readonly (readonly [string, Naming['does'], string, readonly string[] | 'all'])[] = [
  ['events', 'insert', 'a change and its event are one statement (domain rule 8)', 'all'],
  [
    'idempotency_keys',
    'update',
    'an answer that is kept for a key goes with its customer (domain rule 9)',
    ['customers'],
  ],
  ['event_consumers', 'insert', 'a first webhook makes the place from which the log is handed on', ['webhooks']],
];

const tables = [...readFileSync('test/migrations/catalog.txt', 'utf8').matchAll(/^table (\w+)(?! PARTITION OF)/gm)]
  .map(([, table]) => table!)
  .filter((table) => !/^events_/.test(table));
const ownerOf = new Map(
  Object.entries(OWNERS).flatMap(([folder, owned]) => owned.map((table) => [table, folder] as const)),
);
const namings = namingsIn('src').filter(({ table }) => ownerOf.has(table));
const folderOf = ({ file }: Naming): string => file.split('/')[0]!;
const foreign = namings.filter((naming) => ownerOf.get(naming.table) !== folderOf(naming));
const isAllowedWrite = ({ table, does, ...naming }: Naming): boolean =>
  WRITERS.some(
    ([what, how, , folders]) =>
      what === table && how === does && (folders === 'all' || folders.includes(folderOf({ table, does, ...naming }))),
  );

describe('every table', () => {
  it('is of one folder', () => {
    expect([...ownerOf.keys()].sort()).toEqual([...tables].sort());
  });

  it('is written to by its own folder alone, but for what is listed', () => {
    expect(foreign.filter((naming) => naming.does !== 'read' && !isAllowedWrite(naming))).toEqual([]);
  });

  it('is read elsewhere only where a reason is given', () => {
    const listed = new Set(READERS.map(([table, folder]) => `${table} in ${folder}`));
    const seen = new Set(
      foreign.filter(({ does }) => does === 'read').map((naming) => `${naming.table} in ${folderOf(naming)}`),
    );
    expect(
      [...seen].filter((one) => !listed.has(one)),
      'not listed',
    ).toEqual([]);
    expect(
      [...listed].filter((one) => !seen.has(one)),
      'listed, and not there',
    ).toEqual([]);
  });

  it.each(MOVED_BY_FRAGMENTS)("with states is moved by its owner's fragments alone: %s", (table) => {
    const updates = namings.filter((naming) => naming.table === table && naming.does === 'update');
    expect(updates.length).toBeGreaterThan(1);
    expect(updates.filter(({ file }) => !file.endsWith('.transition.ts'))).toEqual([]);
  });
});

describe('a table', () => {
  it.each([
    ['UPDATE calls k SET ended_at = now() FROM due WHERE k.id = due.id', ['update calls', 'read due']],
    ['SELECT FROM calls k, customers WHERE true', ['read calls', 'read customers']],
    [
      'SELECT 1 FROM verifications v LEFT JOIN LATERAL (SELECT FROM devices) d ON true JOIN changes ch ON true',
      ['read verifications', 'read devices', 'read changes'],
    ],
    ['DELETE FROM reports r USING due WHERE true', ['delete reports', 'read due']],
    ['INSERT INTO events (type) SELECT 1 FROM letters', ['insert events', 'read letters']],
    [
      'WITH customers AS (DELETE FROM campaign_customers RETURNING 1) SELECT count(*) FROM customers',
      ['delete campaign_customers'],
    ],
    ['SELECT FROM calls FOR UPDATE', ['read calls']],
  ])('is found in %s', (sql, found) => {
    expect(tablesIn(sql).map(({ does, table }) => `${does} ${table}`)).toEqual(found);
  });
});
