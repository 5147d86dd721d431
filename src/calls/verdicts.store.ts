import { read, sql, writeUrgently } from '../database/sql.js';
import { eventRowWith, eventType } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { liveCall, markRelay, relayedCalls } from './call.transition.js';
import type { LiveCall, VerdictFacts } from './verdict.policy.js';

export interface LiveCallColumns extends LiveCall {
  readonly reference: string;
  readonly key_id: string;
  /** Hex. */
  readonly purpose_sealed: string;
  readonly agent_name: string;
  readonly agent_department: string | null;
  readonly started_at: string;
}

export interface VerdictRow {
  readonly now: Date;
  readonly line_use: VerdictFacts['lineUse'];
  readonly customer_key_id: string | null;
  readonly wrapped_key: Buffer | null;
  readonly locale: string | null;
  readonly live_calls: LiveCallColumns[];
  /** The live campaign of which this is a claimed number. */
  readonly campaign: { readonly since: string; readonly customers: number } | null;
  /** Hex; only where the question named suffixes. */
  readonly numbers_sealed: string[];
}

// Lists are read through a selection: of one length to the planner, which so keeps one plan and makes none anew for each batch.
// One row for each question whether or not the customer exists, by the same plan, so that neither shape nor time tells.
const all = read(
  'verdicts.read',
  sql`
  SELECT now() AS now,
         (SELECT use FROM lines WHERE number = asked.number) AS line_use,
         (SELECT jsonb_build_object('since', g.first_seen_at, 'customers', g.reach) FROM campaign_indicators i
           JOIN campaigns g ON g.id = i.campaign_id
           WHERE i.kind = 'number' AND i.value = asked.number AND i.closed_at IS NULL) AS campaign,
         c.key_id AS customer_key_id, c.wrapped_key, c.locale,
         ARRAY(SELECT encode(p.value_sealed, 'hex') FROM contact_points p WHERE asked.with_numbers AND p.customer_id = asked.customer_id
           AND p.former_from IS NULL) AS numbers_sealed,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'direction', k.direction, 'channel', k.channel, 'line', k.line,
                   'confirmed', asked.in_another_call AND k.direction = 'outbound'
                                AND EXISTS (SELECT FROM verifications v WHERE v.call_id = k.id AND v.status = 'confirmed'), 'reference',
                                  k.reference, 'key_id', k.key_id,
                   'purpose_sealed', encode(k.purpose_sealed, 'hex'), 'agent_name', k.agent_name, 'agent_department', k.agent_department,
                     'started_at', k.started_at)), '[]')
            FROM (SELECT * FROM calls l WHERE l.customer_id = asked.customer_id AND ${liveCall(sql`l`)} ORDER BY l.id DESC
              LIMIT 20) k) AS live_calls
    FROM unnest((SELECT :customerIds::text[]), (SELECT :numbers::text[]), (SELECT :withNumbers::boolean[]),
                (SELECT :inAnotherCall::boolean[]))
         WITH ORDINALITY AS asked (customer_id, number, with_numbers, in_another_call, place)
    LEFT JOIN LATERAL (SELECT key_id, wrapped_key, locale FROM customers WHERE id = asked.customer_id LIMIT 1) c ON true
   ORDER BY asked.place`,
);

export interface VerdictSubject {
  readonly customerId: string;
  readonly incomingNumber: string | null;
  readonly withNumbers: boolean;
  /** Whether the phone rings while it is in another call: only then does it matter what the customer has confirmed. */
  readonly inAnotherCall: boolean;
}

/** Everything that verdicts are made of, in one read: a row for each, in their order. */
export async function readForVerdicts(db: TenantHandle, subjects: readonly VerdictSubject[]): Promise<VerdictRow[]> {
  return db.query<VerdictRow>(all, {
    customerIds: subjects.map(({ customerId }) => customerId),
    numbers: subjects.map(({ incomingNumber }) => incomingNumber),
    withNumbers: subjects.map(({ withNumbers }) => withNumbers),
    inAnotherCall: subjects.map(({ inAnotherCall }) => inAnotherCall),
  });
}

export interface VerdictToRecord {
  readonly customerId: string;
  readonly callId: string | null;
  readonly data: Record<string, unknown>;
}

const record = writeUrgently(
  'verdicts.record',
  sql`
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT ${eventRowWith('verdict.given', sql`NULL, customer_id, call_id`, sql`data`)}
    FROM unnest(:customerIds::text[], :callIds::uuid[], :data::jsonb[]) AS given (customer_id, call_id, data)`,
);

/** Records verdicts, all with one commit. */
export async function recordVerdicts(db: TenantHandle, verdicts: readonly VerdictToRecord[]): Promise<void> {
  await db.query(record, {
    customerIds: verdicts.map(({ customerId }) => customerId),
    callIds: verdicts.map(({ callId }) => callId),
    data: verdicts.map(({ data }) => JSON.stringify(data)),
  });
}

const recordAlarm = writeUrgently(
  'verdicts.recordAlarm',
  sql`
  WITH marked AS (
    ${markRelay({ where: sql`k.id = ANY(:relayedCallIds::uuid[]) AND k.ended_at IS NULL` })}
  )
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  ${relayedCalls(sql`marked`, 'verdict')}
  UNION ALL
  SELECT ${eventRowWith('verdict.given', sql`NULL, :customerId, :callId::uuid`, sql`:data::jsonb`)}`,
);

/** Records a verdict, and raises the alarm on calls that somebody else seems to hold in the customer's name. */
export async function recordVerdictWithAlarm(
  db: TenantHandle,
  { customerId, callId, data }: VerdictToRecord,
  relayedCallIds: readonly string[],
): Promise<void> {
  await db.query(recordAlarm, { customerId, callId, relayedCallIds, data: JSON.stringify(data) });
}

export interface SignalRow {
  readonly type: string;
  readonly at: Date;
}

// An event's id is made when it occurs: by it whole months need not be looked at.
/** What speaks against letting a payment of `:customerId` go, newest first, of the last `:windowSeconds`. */
export const SIGNALS = sql`
  SELECT CASE type
           WHEN ${eventType('verdict.given')} THEN data ->> 'reason'
           WHEN ${eventType('call.relay_suspected')} THEN 'relay_suspected'
           WHEN ${eventType('verification.denied')} THEN 'denied'
           WHEN ${eventType('verification.reported')} THEN 'reported'
           WHEN ${eventType('customer.locked')} THEN 'locked'
           WHEN ${eventType('notice.checked')} THEN 'notice_' || (data ->> 'verdict')
           WHEN ${eventType('report.received')} THEN 'report'
         END AS type, occurred_at AS at
    FROM events
   WHERE customer_id = :customerId AND occurred_at > now() - make_interval(secs => :windowSeconds)
     AND id >= uuid7_floor(now() - make_interval(secs => :windowSeconds, mins => 5))
     AND (type IN (${eventType('call.relay_suspected')}, ${eventType('verification.denied')}, ${eventType('verification.reported')},
       ${eventType('customer.locked')}, ${eventType('report.received')})
          OR (type = ${eventType('verdict.given')} AND data ->> 'verdict' = 'not_legitimate')
          OR (type = ${eventType('notice.checked')} AND data ->> 'verdict' IN ('altered', 'not_ours')))
   ORDER BY occurred_at DESC`;

const signals = read('verdicts.signals', sql`${SIGNALS} LIMIT 100`);

/** What speaks against letting a payment go, newest first. */
export async function readSignals(db: TenantHandle, customerId: string, windowSeconds: number): Promise<SignalRow[]> {
  return db.query<SignalRow>(signals, { customerId, windowSeconds });
}
