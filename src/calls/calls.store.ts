import { HELD_CUSTOMER } from '../customers/customer.transition.js';
import { type Fragment, read, sql, write } from '../database/sql.js';
import { eventData, eventRow, fixedData } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { startVerification, type VerificationToStart } from '../verifications/verification-start.store.js';
import { closedQuestions, closeWaiting } from '../verifications/verification.transition.js';
import { endCalls, endedCalls, liveCall } from './call.transition.js';
import {
  type CallRow,
  type CallToDeclare,
  type Declared,
  declaredRow,
  type Outcome,
  type StartedColumns,
} from './declared.js';

export const CALL_COLUMNS = sql`id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
  agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
  (${liveCall(sql`calls`)}) AS live`;

const DECLARE = sql`
  line AS (
    SELECT use FROM lines WHERE number = :line::text
  ), call AS (
    INSERT INTO calls (id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
      agent_department,
      declared_by, external_id, external_system, expires_at)
    SELECT :id, :reference, customer.id, :direction, :channel, :line::text, :keyId, :purposeSealed, :agentId, :agentName, :agentDepartment,
      :declaredBy, :externalId, :externalSystem, now() + make_interval(secs => :callSeconds)
      FROM customer
     WHERE :line::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR :direction = 'inbound')
    RETURNING id, reference, customer_id, direction, channel, line, agent_id, agent_department, started_at, expires_at
  )`;

/** The event of calls that were declared, as rows for `events`. @param by SQL: who declared them. */
export const declaredCalls = (from: Fragment, by: Fragment): Fragment => sql`SELECT ${eventRow(
  'call.declared',
  sql`id, customer_id, id`,
  {
    direction: sql`direction`,
    channel: sql`channel`,
    line: sql`line`,
    reference: sql`reference`,
    agentId: sql`agent_id`,
    team: sql`agent_department`,
    by,
  },
)}
      FROM ${from}`;
const DECLARED = declaredCalls(sql`call`, sql`:declaredBy::text`);

// The customer is shown when a call began only where the bank placed it.
const askedOf = (call: Fragment): Fragment => sql`
  asked AS (
    SELECT call.id AS call_id, :changeId::uuid AS change_id, direction,
      CASE WHEN direction = 'outbound' THEN started_at END AS display_time FROM ${call}
  )`;

const OUTCOME = sql`SELECT EXISTS (SELECT FROM customer) AS customer_known, (SELECT use FROM line) AS line_use, call.started_at,
  call.expires_at`;

const STARTED = sql`gate.decision, gate.retry_after, started.id AS verification_id, started.expires_at AS verification_expires_at,
  greatest(0, :attemptsAllowed::int - (SELECT code_failures FROM customer)) AS attempts_left`;

// The customer is kept from being shredded until the call is there to be ended with them.
const declare = write(
  'calls.declare',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND key_id = :keyId FOR KEY SHARE
  ), ${DECLARE}, logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${DECLARED}
  )
  ${OUTCOME} FROM (SELECT) one LEFT JOIN call ON true`,
);

// The call is logged before the question: the log tells them in this order.
const declareAndVerify = write(
  'calls.declareAndVerify',
  sql`
  WITH customer AS (
    ${HELD_CUSTOMER}
  ), ${DECLARE}, ${askedOf(sql`call`)}, ${startVerification(DECLARED)}
  ${OUTCOME}, ${STARTED} FROM (SELECT) one LEFT JOIN call ON true LEFT JOIN gate ON true LEFT JOIN started ON true`,
);

/** Declares a call, and with `toStart` asks the customer about it in the same statement. */
export async function declareCall(
  db: TenantHandle,
  call: CallToDeclare,
  toStart: VerificationToStart | null,
): Promise<Declared> {
  const [row] = await db.query<Outcome & Partial<StartedColumns>>(
    toStart ? declareAndVerify : declare,
    call,
    toStart ?? undefined,
  );
  return declaredRow(call, row!);
}

const startInCall = write(
  'calls.startVerification',
  sql`
  WITH customer AS (
    ${HELD_CUSTOMER}
  ), call AS (
    SELECT k.id, k.customer_id, k.direction, k.started_at FROM calls k, customer
     WHERE k.id = :callId AND k.customer_id = customer.id AND ${liveCall(sql`k`)} AND k.agent_id = :agentId
       AND k.agent_name = :agentName AND k.agent_department IS NOT DISTINCT FROM :agentDepartment FOR SHARE OF k
  ), ${askedOf(sql`call`)}, ${startVerification()}
  SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM call) AS call_live, ${STARTED}
    FROM (SELECT) one LEFT JOIN gate ON true LEFT JOIN started ON true`,
);

export interface CallToAskAbout {
  readonly callId: string;
  /** Which change it is about, too: that of the callback that the call was placed for. */
  readonly changeId?: string | null;
  readonly customerId: string;
  readonly keyId: string;
  /** Who is named to the customer: the question is put only while it is they who are on the call. */
  readonly agentId: string;
  readonly agentName: string;
  readonly agentDepartment: string | null;
}

/** Asks the customer about a live call; `call_live` is false also where another agent has it meanwhile. */
export async function startVerificationInCall(
  db: TenantHandle,
  values: CallToAskAbout,
  toStart: VerificationToStart,
): Promise<StartedColumns & { customer_known: boolean; call_live: boolean }> {
  const [row] = await db.query<StartedColumns & { customer_known: boolean; call_live: boolean }>(
    startInCall,
    { changeId: null, ...values },
    toStart,
  );
  return row!;
}

export type CallWithKeyRow = CallRow & { customer_key_id: string | null; wrapped_key: Buffer | null };

const byId = read(
  'calls.byId',
  sql`
  SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT ${CALL_COLUMNS} FROM calls WHERE id = :id) k
    LEFT JOIN customers c ON c.id = k.customer_id`,
);

export async function findCall(db: TenantHandle, id: string): Promise<CallWithKeyRow | null> {
  const [row] = await db.query<CallWithKeyRow>(byId, { id });
  return row ?? null;
}

// What waits in a call that `ended` is taken back with it.
const withQuestions = (data: Fragment): Fragment => sql`cancelled AS (
    ${closeWaiting('cancel', { from: sql`ended`, where: sql`v.call_id = ended.id` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedQuestions(sql`cancelled`, 'call_ended')}
    UNION ALL
    ${endedCalls(sql`ended`, data)}`;

const end = write(
  'calls.end',
  sql`
  WITH ended AS (
    ${endCalls({ where: sql`k.id = :id AND ${liveCall(sql`k`)} AND (:owner::text IS NULL OR k.agent_id = :owner)` })}
  ), ${withQuestions(eventData('call.ended', { because: sql`'hung_up'`, by: sql`:author::text` }))}
  )
  SELECT id FROM ended`,
);

const hold = write('calls.hold', sql`SELECT FROM calls WHERE id = :id FOR NO KEY UPDATE`);

/** Holds a call until the transaction ends, so that the next statement sees all that was begun in it. */
export async function holdCall(db: TenantHandle, id: string): Promise<void> {
  await db.query(hold, { id });
}

/**
 * Ends a live call and takes back what still waits in it; false where it was not live, or not `owner`'s. The call is held first, by a
 * statement of its own: the one that ends it must see the verification that was started while it waited. Needs a transaction.
 */
export async function endCall(
  db: TenantHandle,
  values: { id: string; author: string; owner: string | null },
): Promise<boolean> {
  await holdCall(db, values.id);
  return (await db.query(end, values)).length === 1;
}

const lapse = write(
  'calls.lapse',
  sql`
  WITH due AS (
    SELECT id FROM calls WHERE ended_at IS NULL AND expires_at > '-infinity' AND expires_at <= now() ORDER BY expires_at LIMIT :most
      FOR UPDATE SKIP LOCKED
  ), ended AS (
    ${endCalls({ from: sql`due`, where: sql`k.id = due.id` })}
  ), ${withQuestions(sql`${fixedData('call.ended', { because: 'lapsed' })}::jsonb`)}
  )
  SELECT id FROM ended`,
);

/** Ends calls whose time has passed, with an event each; returns how many. */
export async function lapseDueCalls(db: TenantHandle, most: number): Promise<number> {
  return (await db.query(lapse, { most })).length;
}
