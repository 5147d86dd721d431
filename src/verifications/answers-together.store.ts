import { liveCall } from '../calls/call.transition.js';
import { forgetFailuresAndPrompts } from '../customers/customer.transition.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Together } from '../database/together.js';
import { eventRow } from '../events/event-row.js';
import {
  type AnswerContextRow,
  type AnswerToRecord,
  CONTEXT_OF_ASKED,
  readAnswerContext,
  recordAnswer,
} from './answers.store.js';
import { closeAnswered, openQuestion } from './verification.transition.js';

const contexts = read(
  'answers.contexts',
  sql`
  SELECT asked.place::int AS place, found.*
    FROM unnest((SELECT :ids::uuid[]), (SELECT :deviceIds::uuid[])) WITH ORDINALITY AS asked (id, device_id, place)
   CROSS JOIN LATERAL (${CONTEXT_OF_ASKED} LIMIT 1) found`,
);

interface Asked {
  readonly id: string;
  /** Of the device that is said to have signed. */
  readonly deviceId: string | null;
}

/** As {@link readAnswerContext}, of several. */
export async function readContextsTogether(
  db: TenantHandle,
  asked: readonly Asked[],
): Promise<(AnswerContextRow | null)[]> {
  const rows = await db.query<AnswerContextRow & { place: number }>(contexts, {
    ids: asked.map(({ id }) => id),
    deviceIds: asked.map(({ deviceId }) => deviceId),
  });
  const found = asked.map((): AnswerContextRow | null => null);
  for (const row of rows) found[row.place - 1] = row;
  return found;
}

const reading = new Together<Asked, AnswerContextRow | null>({
  alone: (db, { id, deviceId }) => readAnswerContext(db, id, deviceId),
  together: readContextsTogether,
});

/** A verification for an answer by a key; the device's columns are null unless it is a live one of this customer. */
export const readContext = (db: TenantHandle, asked: Asked): Promise<AnswerContextRow | null> => reading.do(db, asked);

// Confirmations that nothing stands in the way of, under the locks of `answers.record` and by its conditions. What somebody else
// holds is left out, and so is a customer or a question that changed since the statement began: a row is found by its place
// (ctid) only where this statement's snapshot has it there.
const confirm = write(
  'answers.confirmTogether',
  sql`
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(:ids::uuid[], :customerIds::text[], :keyIds::uuid[], :callIds::uuid[], :deviceIds::uuid[],
        :answersSealed::bytea[], :commitments::text[], :handsets::jsonb[], :findings::text[], :attemptsSeen::int[], :failuresSeen::int[])
      AS a (id, customer_id, key_id, call_id, device_id, answer_sealed, commitment, handset, findings, attempts_seen, failures_seen)
  ), held AS MATERIALIZED (
    SELECT asked.id, asked.device_id, asked.answer_sealed, asked.commitment, asked.handset,
           string_to_array(asked.findings, ',') AS findings, c.at AS customer_at, v.at, d.key_thumbprint
      FROM asked
     CROSS JOIN LATERAL (SELECT ctid AS at FROM customers WHERE id = asked.customer_id LIMIT 1) customer_seen
     CROSS JOIN LATERAL (SELECT ctid AS at FROM customers
       WHERE id = asked.customer_id AND key_id = asked.key_id AND code_failures = asked.failures_seen AND locked_at IS NULL
       LIMIT 1 FOR UPDATE SKIP LOCKED) c
     CROSS JOIN LATERAL (SELECT k.id FROM calls k
       WHERE k.id = asked.call_id AND ${liveCall(sql`k`)} AND k.relay_suspected_at IS NULL LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) k
     CROSS JOIN LATERAL (SELECT d.key_thumbprint FROM devices d
       WHERE d.id = asked.device_id AND d.customer_id = asked.customer_id AND d.revoked_at IS NULL LIMIT 1 FOR SHARE SKIP LOCKED) d
     CROSS JOIN LATERAL (SELECT ctid AS at FROM verifications WHERE id = asked.id LIMIT 1) question_seen
     CROSS JOIN LATERAL (SELECT v.ctid AS at FROM verifications v
       WHERE v.id = asked.id AND v.customer_id = asked.customer_id AND v.call_id = asked.call_id AND v.change_id IS NULL
         AND v.attempts_used = asked.attempts_seen AND ${openQuestion(sql`v`)} LIMIT 1 FOR UPDATE SKIP LOCKED) v
     WHERE c.at = customer_seen.at AND v.at = question_seen.at
  ), closed AS (
    ${closeAnswered({
      from: sql`held device`,
      where: sql`v.ctid = device.at AND v.id = device.id`,
      given: {
        status: sql`'confirmed'`,
        deviceId: sql`device.device_id`,
        answer: sql`'yes'`,
        reason: sql`NULL`,
        answerSealed: sql`device.answer_sealed`,
        handset: sql`device.handset`,
        findings: sql`device.findings`,
      },
    })}, device.commitment, device.handset, device.findings, device.customer_at
  ), cleared AS (
    ${forgetFailuresAndPrompts({ from: sql`closed`, where: sql`c.ctid = closed.customer_at AND c.id = closed.customer_id` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('verification.confirmed', sql`id, customer_id, call_id`, {
      kind: sql`kind`,
      direction: sql`direction`,
      answer: sql`'yes'`,
      reason: sql`NULL`,
      handset: sql`handset`,
      findings: sql`to_jsonb(findings)`,
      answerCommitment: sql`commitment`,
      deviceKeyThumbprint: sql`key_thumbprint`,
    })}
      FROM closed
  )
  SELECT id FROM closed`,
);

/** Whether an answer does nothing but confirm a question about a call: the common case. */
function onlyConfirms({
  status,
  answer,
  reason,
  callId,
  changeId,
  findings,
  signCount = null,
}: AnswerToRecord): boolean {
  const isPlain = status === 'confirmed' && answer === 'yes' && reason === null && signCount === null;
  return isPlain && callId !== null && changeId === null && !findings.includes('relay_suspected');
}

/** Records confirmations, no two of one customer; undefined for each that has to be recorded by itself, and that left nothing. */
export async function confirmTogether(
  db: TenantHandle,
  answers: readonly AnswerToRecord[],
): Promise<(true | undefined)[]> {
  const rows = await db.query<{ id: string }>(confirm, {
    ids: answers.map(({ id }) => id),
    customerIds: answers.map(({ customerId }) => customerId),
    keyIds: answers.map(({ keyId }) => keyId),
    callIds: answers.map(({ callId }) => callId),
    deviceIds: answers.map(({ deviceId }) => deviceId),
    answersSealed: answers.map(({ answerSealed }) => answerSealed),
    commitments: answers.map(({ answerCommitment }) => answerCommitment),
    handsets: answers.map(({ handset }) => (handset === null ? null : JSON.stringify(handset))),
    findings: answers.map(({ findings }) => findings.join(',')),
    attemptsSeen: answers.map(({ attemptsSeen }) => attemptsSeen),
    failuresSeen: answers.map(({ failuresSeen }) => failuresSeen),
  });
  const recorded = new Set(rows.map(({ id }) => id));
  return answers.map(({ id }) => recorded.has(id) || undefined);
}

const confirming = new Together<AnswerToRecord, boolean>({
  alone: recordAnswer,
  together: confirmTogether,
  keyOf: ({ customerId }) => customerId,
});

/** Closes a verification with an answer; false where another answer, a lapse or a lock was first. */
export const recordGiven = (db: TenantHandle, answer: AnswerToRecord): Promise<boolean> =>
  onlyConfirms(answer) ? confirming.do(db, answer) : recordAnswer(db, answer);
