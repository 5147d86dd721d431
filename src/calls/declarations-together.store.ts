import { countPrompt } from '../customers/customer.transition.js';
import { sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Together } from '../database/together.js';
import {
  overBudget,
  PUT_READY,
  RECENT,
  RESTED,
  startedQuestions,
  type VerificationToStart,
} from '../verifications/verification-start.store.js';
import { declareCall, declaredCalls } from './calls.store.js';
import { type CallToDeclare, type Declared, declaredRow } from './declared.js';

export interface CallToAsk {
  readonly call: CallToDeclare;
  readonly toStart: VerificationToStart;
}

// Declarations with a question that nothing stands in the way of, by the conditions of `calls.declareAndVerify`. What somebody else
// holds is left out; so is a customer whose row changed since the statement began, for what changed with it is not seen here, and
// whoever has a question that waits, which would be displaced.
const declare = write(
  'calls.declareTogether',
  sql`
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(:ids::uuid[], :references::text[], :customerIds::text[], :keyIds::uuid[], :directions::text[], :channels::text[],
        :lines::text[], :purposes::bytea[], :agentIds::text[], :agentNames::text[], :departments::text[], :declaredBys::text[],
        :externalIds::text[], :externalSystems::text[], :callSeconds::int[], :verificationIds::uuid[], :displays::bytea[],
        :commitments::text[], :challenges::text[], :codeMacs::bytea[], :startedBys::text[], :policyVersions::int[], :attempts::int[],
        :verificationSeconds::int[], :perMinute::int[], :sinceConfirmed::int[])
      AS a (id, reference, customer_id, key_id, direction, channel, line, purpose_sealed, agent_id, agent_name, agent_department,
        declared_by, external_id, external_system, call_seconds, verification_id, display_sealed, display_commitment, challenge, code_mac,
        started_by, policy_version, attempts_allowed, verification_seconds, per_minute, since_confirmed)
  ), customer AS MATERIALIZED (
    SELECT asked.*, c.at, c.code_failures, c.prompts_since_confirmed, c.recent_prompts,
           (SELECT l.use FROM lines l WHERE l.number = asked.line LIMIT 1) AS line_use
      FROM asked
     CROSS JOIN LATERAL (SELECT ctid AS at FROM customers WHERE id = asked.customer_id LIMIT 1) seen
     CROSS JOIN LATERAL (SELECT ctid AS at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
       WHERE id = asked.customer_id AND key_id = asked.key_id AND locked_at IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED) c
     WHERE c.at = seen.at
  ), ready AS MATERIALIZED (
    SELECT customer.*, ${RESTED} AS rested, now() AS started_at,
           CASE WHEN customer.direction = 'outbound' THEN now() END AS display_time
      FROM customer, ${RECENT}
     WHERE NOT (${overBudget(sql`customer.per_minute`, sql`customer.since_confirmed`)})
       AND (SELECT true FROM devices d WHERE d.customer_id = customer.customer_id AND d.revoked_at IS NULL LIMIT 1)
       AND (SELECT true FROM verifications v WHERE v.customer_id = customer.customer_id AND v.customer_id > '' AND v.kind = 'call'
         AND v.status = 'waiting' LIMIT 1) IS NULL
       AND (customer.line IS NULL OR customer.line_use = 'outbound'
         OR (customer.line_use IS NOT NULL AND customer.direction = 'inbound'))
  ), call AS (
    INSERT INTO calls (id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
      agent_department, declared_by, external_id, external_system, expires_at)
    SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
           declared_by, external_id, external_system, now() + make_interval(secs => call_seconds)
      FROM ready
  ), counted AS (
    ${countPrompt({ from: sql`ready`, where: sql`c.ctid = ready.at AND c.id = ready.customer_id`, rested: sql`ready.rested` })}
  ), started AS (
    ${PUT_READY}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${declaredCalls(sql`ready`, sql`declared_by`)}
    UNION ALL
    ${startedQuestions(
      sql`(SELECT verification_id AS id, customer_id, id AS call_id, 'call' AS kind, direction, policy_version, started_by,
        display_commitment, display_time, challenge FROM ready) started`,
      { by: sql`started_by`, displayCommitment: sql`display_commitment` },
    )}
  )
  SELECT id, line_use, started_at, now() + make_interval(secs => call_seconds) AS expires_at,
         now() + make_interval(secs => verification_seconds) AS verification_expires_at,
         greatest(0, attempts_allowed - code_failures) AS attempts_left
    FROM ready`,
);

interface AskedRow {
  readonly id: string;
  readonly line_use: Declared['line_use'];
  readonly started_at: Date;
  readonly expires_at: Date;
  readonly verification_expires_at: Date;
  readonly attempts_left: number;
}

/** Whether a question is of the common kind: about a call that is no callback's, with a code. */
function isCommon({ call, toStart }: CallToAsk): boolean {
  return call.changeId === null && toStart.kind === 'call' && toStart.asks.join() === 'answer,code';
}

/** Declares calls and asks their customers, no two of one; undefined for each that has to be declared by itself, of whom nothing was left. */
export async function declareTogether(
  db: TenantHandle,
  asked: readonly CallToAsk[],
): Promise<(Declared | undefined)[]> {
  const calls = asked.map(({ call }) => call);
  const starts = asked.map(({ toStart }) => toStart);
  const rows = await db.query<AskedRow>(declare, {
    ids: calls.map(({ id }) => id),
    references: calls.map(({ reference }) => reference),
    customerIds: calls.map(({ customerId }) => customerId),
    keyIds: calls.map(({ keyId }) => keyId),
    directions: calls.map(({ direction }) => direction),
    channels: calls.map(({ channel }) => channel),
    lines: calls.map(({ line }) => line),
    purposes: calls.map(({ purposeSealed }) => purposeSealed),
    agentIds: calls.map(({ agentId }) => agentId),
    agentNames: calls.map(({ agentName }) => agentName),
    departments: calls.map(({ agentDepartment }) => agentDepartment),
    declaredBys: calls.map(({ declaredBy }) => declaredBy),
    externalIds: calls.map(({ externalId }) => externalId),
    externalSystems: calls.map(({ externalSystem }) => externalSystem),
    callSeconds: calls.map(({ callSeconds }) => callSeconds),
    verificationIds: starts.map(({ verificationId }) => verificationId),
    displays: starts.map(({ displaySealed }) => displaySealed),
    commitments: starts.map(({ displayCommitment }) => displayCommitment),
    challenges: starts.map(({ challenge }) => challenge),
    codeMacs: starts.map(({ codeMac }) => codeMac),
    startedBys: starts.map(({ startedBy }) => startedBy),
    policyVersions: starts.map(({ policyVersion }) => policyVersion),
    attempts: starts.map(({ attemptsAllowed }) => attemptsAllowed),
    verificationSeconds: starts.map(({ verificationSeconds }) => verificationSeconds),
    perMinute: starts.map(({ promptsPerMinute }) => promptsPerMinute),
    sinceConfirmed: starts.map(({ promptsSinceConfirmed }) => promptsSinceConfirmed),
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return asked.map((one) => declaredOf(one, found.get(one.call.id)));
}

function declaredOf({ call, toStart }: CallToAsk, row: AskedRow | undefined): Declared | undefined {
  return (
    row &&
    declaredRow(call, {
      customer_known: true,
      line_use: row.line_use,
      started_at: row.started_at,
      expires_at: row.expires_at,
      decision: 'ask',
      retry_after: null,
      verification_id: toStart.verificationId,
      verification_expires_at: row.verification_expires_at,
      attempts_left: row.attempts_left,
    })
  );
}

const declaring = new Together<CallToAsk, Declared>({
  alone: (db, { call, toStart }) => declareCall(db, call, toStart),
  together: declareTogether,
  keyOf: ({ call }) => call.customerId,
});

/** Declares a call, and with `toStart` asks the customer about it. */
export function declareOne(
  db: TenantHandle,
  call: CallToDeclare,
  toStart: VerificationToStart | null,
): Promise<Declared> {
  const asked = toStart && { call, toStart };
  return asked && isCommon(asked) ? declaring.do(db, asked) : declareCall(db, call, toStart);
}
