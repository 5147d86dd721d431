import { liveCall, markRelay, relayedCalls } from '../calls/call.transition.js';
import { openChange } from '../changes/change.transition.js';
import type { DeviceJwk } from '../crypto/device-key.js';
import { countFailure, forgetFailuresAndPrompts, lockedCustomers } from '../customers/customer.transition.js';
import { countAssertion } from '../customers/device.transition.js';
import { type Fragment, read, sql, type Statement, write } from '../database/sql.js';
import { eventRow, typeByStatus } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { CallChannel, Finding, Handset } from './answer.policy.js';
import {
  closeAnswered,
  closeLocked,
  lapsedQuestion,
  lockedQuestions,
  openQuestion,
} from './verification.transition.js';
import type { VerificationRow } from './verifications.store.js';

/** A verification with all that its answer is judged by, as it stands now. */
export interface AnswerContextRow extends Omit<
  VerificationRow,
  | 'policy_version'
  | 'started_by'
  | 'expires_at'
  | 'closed_at'
  | 'device_id'
  | 'answer'
  | 'answer_reason'
  | 'handset'
  | 'findings'
> {
  readonly now: Date;
  readonly locked_at: Date | null;
  readonly locale: string | null;
  readonly customer_key_id: string | null;
  readonly wrapped_key: Buffer | null;
  readonly public_key: DeviceJwk | null;
  readonly answering_device_id: string | null;
  readonly device_enrolled_at: Date | null;
  /** Of a passkey. */
  readonly rp_id: string | null;
  readonly sign_count: string | null;
  readonly call_live: boolean | null;
  readonly channel: CallChannel | null;
  readonly relay_suspected_at: Date | null;
  readonly newest_contact_since: Date | null;
  readonly change_id: string | null;
  /** A device vouches for a change only if it was trusted already when the change was asked for. */
  readonly change_requested_at: Date | null;
  readonly change_device_age_seconds: number | null;
}

// Each row is looked up by itself: as joins, they are planned on young tables as walks through the whole tenant.
/** Reads a verification for an answer. @param device SQL: which device `d` is said to have signed. @param id SQL: which verification. */
const contextOf = (device: Fragment, id: Fragment): Fragment => sql`
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge,
    v.asks, v.code_mac,
         v.attempts_used, v.attempts_allowed, v.created_at,
         (${lapsedQuestion(sql`v`)}) AS lapsed,
         now() AS now, c.code_failures, c.locked_at, c.locale, c.key_id AS customer_key_id, c.wrapped_key,
         d.id AS answering_device_id, d.public_key, d.enrolled_at AS device_enrolled_at, d.rp_id, d.sign_count,
         (${liveCall(sql`k`)}) AS call_live, k.channel, k.relay_suspected_at,
         v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
         (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
    FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures, locked_at, locale, key_id, wrapped_key FROM customers
      WHERE id = v.customer_id LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT d.id, d.public_key, d.enrolled_at, d.rp_id, d.sign_count FROM devices d
      WHERE ${device} AND d.customer_id = v.customer_id AND d.revoked_at IS NULL LIMIT 1) d ON true
    LEFT JOIN LATERAL (SELECT ended_at, expires_at, channel, relay_suspected_at FROM calls WHERE id = v.call_id LIMIT 1) k ON true
    LEFT JOIN LATERAL (SELECT requested_at, rules FROM changes WHERE id = v.change_id LIMIT 1) ch ON true
   WHERE v.id = ${id}`;

// A passkey does not sign a JWS, nor the other way round: each device answers its own way.
const byKey = (id: Fragment): Fragment => sql`d.id = ${id} AND d.credential_id IS NULL`;
const context = read('answers.context', contextOf(byKey(sql`:deviceId::uuid`), sql`:id`));
const passkeyContext = read('answers.passkeyContext', contextOf(sql`d.credential_id = :credentialId`, sql`:id`));

/** The same of `asked` (id, device_id), for each. */
export const CONTEXT_OF_ASKED = contextOf(byKey(sql`asked.device_id`), sql`asked.id`);

/** Reads a verification for an answer by a device; the device's columns are null unless it is a live one of this customer. */
export async function readAnswerContext(
  db: TenantHandle,
  id: string,
  deviceId: string | null,
): Promise<AnswerContextRow | null> {
  const [row] = await db.query<AnswerContextRow>(context, { id, deviceId });
  return row ?? null;
}

/** The same for an answer by a passkey, by its credential id. */
export async function readPasskeyAnswerContext(
  db: TenantHandle,
  id: string,
  credentialId: string,
): Promise<AnswerContextRow | null> {
  const [row] = await db.query<AnswerContextRow>(passkeyContext, { id, credentialId });
  return row ?? null;
}

export interface AnswerToRecord {
  readonly id: string;
  readonly customerId: string;
  readonly callId: string | null;
  readonly keyId: string;
  readonly changeId: string | null;
  readonly status: 'confirmed' | 'denied' | 'reported';
  readonly deviceId: string;
  readonly answer: 'yes' | 'no';
  readonly reason: string | null;
  readonly answerSealed: Buffer;
  readonly answerCommitment: string;
  readonly handset: Handset | null;
  readonly findings: readonly Finding[];
  /** The counts as read: another answer between reading and writing makes this one start over. */
  readonly attemptsSeen: number;
  readonly failuresSeen: number;
  /** Of a passkey, which then counts it; null for a key that counts nothing. */
  readonly signCount?: number | null;
}

// Locks go customer, call, device, change, verification, in this order everywhere. What decides is read under a lock, and so
// as it stands when the answer is recorded: a revocation or a relay that was committed meanwhile is not passed over. A change
// that an answer is about must still be held, and stays so until the answer has committed: a release never misses a no.
const recordBy = <Name extends string>(
  name: Name,
  { device, counted }: { device: Fragment; counted: Fragment },
): Statement<`answers.${Name}`> =>
  write(
    `answers.${name}`,
    sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND key_id = :keyId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  ), call AS (
    SELECT ${liveCall(sql`k`)} AND k.relay_suspected_at IS NULL AS open
      FROM calls k, customer WHERE k.id = :callId::uuid FOR NO KEY UPDATE OF k
  ), device AS (
    ${device}
  ), held AS (
    SELECT ch.id FROM changes ch, customer WHERE ch.id = :changeId::uuid AND ${openChange(sql`ch`)} FOR SHARE OF ch
  ), closed AS (
    ${closeAnswered({
      from: sql`customer, device`,
      where: sql`v.id = :id AND v.customer_id = customer.id AND v.attempts_used = :attemptsSeen
       AND (:changeId::uuid IS NULL OR EXISTS (SELECT FROM held))
       AND v.call_id IS NOT DISTINCT FROM :callId::uuid
         AND (:status <> 'confirmed' OR v.call_id IS NULL OR EXISTS (SELECT FROM call WHERE open))`,
    })}
  ), cleared AS (
    ${forgetFailuresAndPrompts({ from: sql`closed`, where: sql`c.id = :customerId AND :status = 'confirmed'` })}
  ), marked AS (
    ${markRelay({ from: sql`closed`, where: sql`k.id = :callId::uuid AND 'relay_suspected' = ANY(:findings)` })}
  )${counted}, logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow(
      typeByStatus('verification', ['confirmed', 'denied', 'reported'], sql`:status`),
      sql`id, customer_id, call_id`,
      {
        kind: sql`kind`,
        direction: sql`direction`,
        answer: sql`:answer::text`,
        reason: sql`:reason::text`,
        handset: sql`:handset::jsonb`,
        findings: sql`to_jsonb(:findings::text[])`,
        answerCommitment: sql`:answerCommitment::text`,
        deviceKeyThumbprint: sql`key_thumbprint`,
      },
    )}
      FROM closed
    UNION ALL
    ${relayedCalls(sql`marked`, 'answer')}
  )
  SELECT id FROM closed`,
  );

const CALL_LOCKED = sql`(SELECT count(*) AS calls FROM call) locked`;
const theirs = (after: Fragment): Fragment => sql`SELECT d.id, d.key_thumbprint FROM devices d
       WHERE d.id = :deviceId AND d.customer_id = customer.id AND d.revoked_at IS NULL AND ${after}`;

const record = recordBy('record', {
  device: sql`SELECT d.* FROM customer, ${CALL_LOCKED}, LATERAL (${theirs(sql`locked.calls >= 0`)} LIMIT 1 FOR SHARE) d`,
  counted: sql``,
});

// A counter that has been seen is not taken again (Web Authentication, section 7.2, step 22); one that is always 0 counts nothing.
const passkey = (from: Fragment, after: Fragment): Fragment => sql`SELECT d.* FROM ${from}, LATERAL (${theirs(after)}
       AND (d.sign_count < :signCount OR (d.sign_count = 0 AND :signCount::bigint = 0)) LIMIT 1 FOR NO KEY UPDATE) d`;

const recordCounted = recordBy('recordCounted', {
  device: passkey(sql`customer, ${CALL_LOCKED}`, sql`locked.calls >= 0`),
  counted: sql`, assertion AS (
    ${countAssertion(sql`closed`)}
  )`,
});

/** Closes a verification with an answer; false where another answer, a lapse or a lock was first. */
export async function recordAnswer(db: TenantHandle, answer: AnswerToRecord): Promise<boolean> {
  const { signCount = null, ...others } = answer;
  const handset = { handset: answer.handset === null ? null : JSON.stringify(answer.handset) };
  const rows =
    signCount === null
      ? await db.query(record, handset, others)
      : await db.query(recordCounted, handset, { ...others, signCount });
  return rows.length === 1;
}

export interface WrongCode {
  readonly id: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly attemptsSeen: number;
  readonly failuresSeen: number;
  readonly attemptsAllowed: number;
  readonly signCount?: number | null;
}

const wrongCodeBy = <Name extends string>(
  name: Name,
  passkey: { with: Fragment; from: Fragment; counted: Fragment },
): Statement<`answers.${Name}`> =>
  write(
    `answers.${name}`,
    sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  )${passkey.with}, open AS (
    SELECT v.id, v.customer_id, v.call_id FROM verifications v, customer${passkey.from}
     WHERE v.id = :id AND v.customer_id = customer.id AND ${openQuestion(sql`v`)} AND v.attempts_used = :attemptsSeen
       FOR UPDATE OF v
  ), failed AS (
    ${countFailure({ from: sql`open`, where: sql`c.id = open.customer_id`, cap: sql`:attemptsAllowed` })}
  ), counted AS (
    ${closeLocked(sql`failed`, { countsFor: sql`:id` })}
  )${passkey.counted}, logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('verification.code_failed', sql`open.id, open.customer_id, open.call_id`, {
      failuresInARow: sql`failed.code_failures`,
      deviceId: sql`:deviceId::text`,
    })} FROM open, failed
    UNION ALL
    ${lockedQuestions(sql`counted`)}
    UNION ALL
    ${lockedCustomers(sql`failed`)}
  )
  SELECT failed.code_failures, failed.locked_at IS NOT NULL AS locked FROM failed, counted WHERE counted.id = :id`,
  );

const wrongCode = wrongCodeBy('wrongCode', { with: sql``, from: sql``, counted: sql`` });
const wrongCodeCounted = wrongCodeBy('wrongCodeCounted', {
  with: sql`, device AS (
    ${passkey(sql`customer`, sql`true`)}
  )`,
  from: sql`, device`,
  counted: sql`, assertion AS (
    ${countAssertion(sql`failed`)}
  )`,
});

/** Counts a wrong code against the customer and locks at the cap; null where something else was first. */
export async function recordWrongCode(
  db: TenantHandle,
  wrong: WrongCode,
): Promise<{ code_failures: number; locked: boolean } | null> {
  const { signCount = null, ...others } = wrong;
  const [row] =
    signCount === null
      ? await db.query<{ code_failures: number; locked: boolean }>(wrongCode, others)
      : await db.query<{ code_failures: number; locked: boolean }>(wrongCodeCounted, { ...others, signCount });
  return row ?? null;
}

const refused = write(
  'answers.refused',
  sql`
  WITH logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('verification.answer_refused', sql`id, customer_id, call_id`, { cause: sql`:cause::text` })}
      FROM verifications WHERE id = :id
  )
  INSERT INTO diagnostics (trace_id, verification_id, device_id, failed, expires_at)
  SELECT :traceId::uuid, id, :deviceId::uuid, :cause, now() + interval '10 minutes'
    FROM verifications WHERE id = :id AND :traceId::uuid IS NOT NULL`,
);

/** Under what developers find why an answer was not accepted, and the device that it named. */
export interface Trace {
  readonly traceId: string;
  readonly deviceId: string | null;
}

/** Keeps why an answer was not accepted, which the one who sent it is not told; for developers too, where there is a trace. */
export async function recordRefusedAnswer(
  db: TenantHandle,
  id: string,
  cause: string,
  trace: Trace | null = null,
): Promise<void> {
  await db.query(refused, { id, cause, traceId: trace?.traceId ?? null, deviceId: trace?.deviceId ?? null });
}
