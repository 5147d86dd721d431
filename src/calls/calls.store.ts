import { HELD_CUSTOMER } from '../customers/customer.transition.js';
import { type Fragment, read, sql, type Statement, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Direction } from '../verifications/answer.policy.js';
import {
  type StartDecision,
  startVerification,
  type VerificationToStart,
} from '../verifications/verification-start.store.js';
import { closedQuestions, closeWaiting } from '../verifications/verification.transition.js';
import { endCalls, endedCalls, liveCall } from './call.transition.js';

export interface CallRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly direction: Direction;
  readonly line: string | null;
  readonly key_id: string;
  readonly purpose_sealed: Buffer;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly agent_department: string | null;
  readonly started_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly relay_suspected_at: Date | null;
  readonly live: boolean;
}

const COLUMNS = sql`id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
  started_at, expires_at, ended_at, relay_suspected_at,
  (${liveCall(sql`calls`)}) AS live`;

export interface CallToDeclare {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly direction: Direction;
  readonly line: string | null;
  readonly purposeSealed: Buffer;
  readonly agentId: string;
  readonly agentName: string;
  readonly agentDepartment: string | null;
  readonly declaredBy: string;
  readonly callSeconds: number;
  /** Which change its verification is about, too. */
  readonly changeId: string | null;
}

/** What a declaration came to: the call where it was declared, and which condition failed where it was not. */
export type DeclaredRow = { customer_known: boolean; line_use: 'outbound' | 'inbound_only' | null } & {
  [Column in keyof CallRow]: CallRow[Column] | null;
};

export interface StartedColumns {
  readonly decision: StartDecision | null;
  readonly retry_after: number | null;
  readonly verification_id: string | null;
  readonly verification_expires_at: Date | null;
  readonly attempts_left: number | null;
}

const DECLARE = sql`
  line AS (
    SELECT use FROM lines WHERE number = :line::text
  ), call AS (
    INSERT INTO calls (id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
      declared_by, expires_at)
    SELECT :id, :reference, customer.id, :direction, :line::text, :keyId, :purposeSealed, :agentId, :agentName, :agentDepartment,
      :declaredBy, now() + make_interval(secs => :callSeconds)
      FROM customer
     WHERE :line::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR :direction = 'inbound')
    RETURNING id, reference, customer_id, direction, line, agent_id, started_at, expires_at
  )`;

const DECLARED = sql`SELECT 'countersign.call.declared', 'call', id, customer_id, id,
           jsonb_build_object('direction', direction, 'line', line, 'reference', reference, 'agentId', agent_id, 'by', :declaredBy::text)
      FROM call`;

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
): Promise<DeclaredRow & Partial<StartedColumns>> {
  const [row] = await db.query<
    Pick<DeclaredRow, 'customer_known' | 'line_use' | 'started_at' | 'expires_at'> & Partial<StartedColumns>
  >(toStart ? declareAndVerify : declare, call, toStart ?? undefined);
  const {
    customer_known,
    line_use,
    started_at,
    expires_at,
    decision,
    retry_after,
    verification_id,
    verification_expires_at,
    attempts_left,
  } = row!;
  return {
    customer_known,
    line_use,
    started_at,
    expires_at,
    decision,
    retry_after,
    verification_id,
    verification_expires_at,
    attempts_left,
    id: started_at && call.id,
    reference: call.reference,
    customer_id: call.customerId,
    direction: call.direction,
    line: call.line,
    key_id: call.keyId,
    purpose_sealed: call.purposeSealed,
    agent_id: call.agentId,
    agent_name: call.agentName,
    agent_department: call.agentDepartment,
    ended_at: null,
    relay_suspected_at: null,
    live: true,
  };
}

const startInCall = write(
  'calls.startVerification',
  sql`
  WITH customer AS (
    ${HELD_CUSTOMER}
  ), call AS (
    SELECT k.id, k.customer_id, k.direction, k.started_at FROM calls k, customer
     WHERE k.id = :callId AND k.customer_id = customer.id AND ${liveCall(sql`k`)} FOR SHARE OF k
  ), ${askedOf(sql`call`)}, ${startVerification()}
  SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM call) AS call_live, ${STARTED}
    FROM (SELECT) one LEFT JOIN gate ON true LEFT JOIN started ON true`,
);

/** Asks the customer about a live call. */
export async function startVerificationInCall(
  db: TenantHandle,
  values: { callId: string; customerId: string; keyId: string },
  toStart: VerificationToStart,
): Promise<StartedColumns & { customer_known: boolean; call_live: boolean }> {
  const [row] = await db.query<StartedColumns & { customer_known: boolean; call_live: boolean }>(
    startInCall,
    { ...values, changeId: null },
    toStart,
  );
  return row!;
}

export type CallWithKeyRow = CallRow & { customer_key_id: string | null; wrapped_key: Buffer | null };

const byId = read(
  'calls.byId',
  sql`
  SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT ${COLUMNS} FROM calls WHERE id = :id) k
    LEFT JOIN customers c ON c.id = k.customer_id`,
);

export async function findCall(db: TenantHandle, id: string): Promise<CallWithKeyRow | null> {
  const [row] = await db.query<CallWithKeyRow>(byId, { id });
  return row ?? null;
}

const listFrom = <Name extends string>(name: Name, whose: Fragment): Statement<`calls.${Name}`> =>
  read(
    `calls.${name}`,
    sql`
  SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
    SELECT ${COLUMNS} FROM calls
     WHERE ${whose} AND (:live::boolean IS NULL OR (${liveCall(sql`calls`)}) = :live)
       AND (:before::uuid IS NULL OR id < :before)
     ORDER BY id DESC LIMIT :most) k LEFT JOIN customers c ON c.id = k.customer_id ORDER BY k.id DESC`,
  );

const listAll = listFrom('list', sql`true`);
const listOfOne = listFrom('listOfCustomer', sql`customer_id = :customerId`);

/** Calls, newest first. */
export async function listCalls(
  db: TenantHandle,
  values: { customerId: string | null; live: boolean | null; before: string | null; most: number },
): Promise<CallWithKeyRow[]> {
  return db.query<CallWithKeyRow>(values.customerId === null ? listAll : listOfOne, values);
}

const byReference = read('calls.byReference', sql`SELECT ${COLUMNS} FROM calls WHERE reference = :reference`);

export async function findCallByReference(db: TenantHandle, reference: string): Promise<CallRow | null> {
  const [row] = await db.query<CallRow>(byReference, { reference });
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
    ${endCalls({ where: sql`k.id = :id AND ${liveCall(sql`k`)}` })}
  ), ${withQuestions(sql`jsonb_build_object('because', 'hung_up', 'by', :author::text)`)}
  )
  SELECT id FROM ended`,
);

const hold = write('calls.hold', sql`SELECT FROM calls WHERE id = :id FOR NO KEY UPDATE`);

/**
 * Ends a live call and takes back what still waits in it; false where it was not live. The call is held first, by a
 * statement of its own: the one that ends it must see the verification that was started while it waited. Needs a transaction.
 */
export async function endCall(db: TenantHandle, id: string, author: string): Promise<boolean> {
  await db.query(hold, { id });
  return (await db.query(end, { id, author })).length === 1;
}

const lapse = write(
  'calls.lapse',
  sql`
  WITH due AS (
    SELECT id FROM calls WHERE ended_at IS NULL AND expires_at > '-infinity' AND expires_at <= now() ORDER BY expires_at LIMIT :most
      FOR UPDATE SKIP LOCKED
  ), ended AS (
    ${endCalls({ from: sql`due`, where: sql`k.id = due.id` })}
  ), ${withQuestions(sql`'{"because":"lapsed"}'::jsonb`)}
  )
  SELECT id FROM ended`,
);

/** Ends calls whose time has passed, with an event each; returns how many. */
export async function lapseDueCalls(db: TenantHandle, most: number): Promise<number> {
  return (await db.query(lapse, { most })).length;
}
