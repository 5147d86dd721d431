import { liveCall, markRelay, relayedCalls } from '../calls/call.transition.js';
import { openChange } from '../changes/change.transition.js';
import type { DeviceJwk } from '../crypto/device-key.js';
import { countFailure, forgetFailuresAndPrompts, lockedCustomers } from '../customers/customer.transition.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Finding, Handset } from './answer.policy.js';
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
  readonly device_enrolled_at: Date | null;
  readonly call_live: boolean | null;
  readonly relay_suspected_at: Date | null;
  readonly newest_contact_since: Date | null;
  readonly change_id: string | null;
  /** A device vouches for a change only if it was trusted already when the change was asked for. */
  readonly change_requested_at: Date | null;
  readonly change_device_age_seconds: number | null;
}

const context = read(
  'answers.context',
  sql`
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge,
    v.asks, v.code_mac,
         v.attempts_used, v.attempts_allowed, v.created_at,
         (${lapsedQuestion(sql`v`)}) AS lapsed,
         now() AS now, c.code_failures, c.locked_at, c.locale, c.key_id AS customer_key_id, c.wrapped_key,
         d.public_key, d.enrolled_at AS device_enrolled_at,
         (${liveCall(sql`k`)}) AS call_live, k.relay_suspected_at,
         v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
         (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
    FROM verifications v
    LEFT JOIN customers c ON c.id = v.customer_id
    LEFT JOIN devices d ON d.id = :deviceId::uuid AND d.customer_id = v.customer_id AND d.revoked_at IS NULL
    LEFT JOIN calls k ON k.id = v.call_id
    LEFT JOIN changes ch ON ch.id = v.change_id
   WHERE v.id = :id`,
);

/** Reads a verification for an answer by a device; the device's columns are null unless it is a live one of this customer. */
export async function readAnswerContext(
  db: TenantHandle,
  id: string,
  deviceId: string | null,
): Promise<AnswerContextRow | null> {
  const [row] = await db.query<AnswerContextRow>(context, { id, deviceId });
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
}

// Locks go customer, call, device, change, verification, in this order everywhere. What decides is read under a lock, and so
// as it stands when the answer is recorded: a revocation or a relay that was committed meanwhile is not passed over. A change
// that an answer is about must still be held, and stays so until the answer has committed: a release never misses a no.
const record = write(
  'answers.record',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND key_id = :keyId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  ), call AS (
    SELECT ${liveCall(sql`k`)} AND k.relay_suspected_at IS NULL AS open
      FROM calls k, customer WHERE k.id = :callId::uuid FOR NO KEY UPDATE OF k
  ), device AS (
    SELECT d.id, d.key_thumbprint FROM devices d, customer, (SELECT count(*) FROM call) locked
     WHERE d.id = :deviceId AND d.customer_id = customer.id AND d.revoked_at IS NULL FOR SHARE OF d
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
    ${forgetFailuresAndPrompts({ from: sql`closed`, where: sql`c.id = closed.customer_id AND :status = 'confirmed'` })}
  ), marked AS (
    ${markRelay({ from: sql`closed`, where: sql`k.id = closed.call_id AND 'relay_suspected' = ANY(:findings)` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT 'countersign.verification.' || :status, 'ver', id, customer_id, call_id,
           jsonb_build_object('kind', kind, 'direction', direction, 'answer', :answer::text, 'reason', :reason::text, 'handset',
             :handset::jsonb, 'findings', to_jsonb(:findings::text[]),
             'answerCommitment', :answerCommitment::text, 'deviceKeyThumbprint', key_thumbprint)
      FROM closed
    UNION ALL
    ${relayedCalls(sql`marked`, 'answer')}
  )
  SELECT id FROM closed`,
);

/** Closes a verification with an answer; false where another answer, a lapse or a lock was first. */
export async function recordAnswer(db: TenantHandle, answer: AnswerToRecord): Promise<boolean> {
  const rows = await db.query(
    record,
    { handset: answer.handset === null ? null : JSON.stringify(answer.handset) },
    answer,
  );
  return rows.length === 1;
}

export interface WrongCode {
  readonly id: string;
  readonly customerId: string;
  readonly deviceId: string;
  readonly attemptsSeen: number;
  readonly failuresSeen: number;
  readonly attemptsAllowed: number;
}

const wrongCode = write(
  'answers.wrongCode',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  ), open AS (
    SELECT v.id, v.customer_id, v.call_id FROM verifications v, customer
     WHERE v.id = :id AND v.customer_id = customer.id AND ${openQuestion(sql`v`)} AND v.attempts_used = :attemptsSeen
       FOR UPDATE OF v
  ), failed AS (
    ${countFailure({ from: sql`open`, where: sql`c.id = open.customer_id`, cap: sql`:attemptsAllowed` })}
  ), counted AS (
    ${closeLocked(sql`failed`, { countsFor: sql`:id` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT 'countersign.verification.code_failed', 'ver', open.id, open.customer_id, open.call_id,
           jsonb_build_object('failuresInARow', failed.code_failures, 'deviceId', :deviceId::text) FROM open, failed
    UNION ALL
    ${lockedQuestions(sql`counted`)}
    UNION ALL
    ${lockedCustomers(sql`failed`)}
  )
  SELECT failed.code_failures, failed.locked_at IS NOT NULL AS locked FROM failed, counted WHERE counted.id = :id`,
);

/** Counts a wrong code against the customer and locks at the cap; null where something else was first. */
export async function recordWrongCode(
  db: TenantHandle,
  wrong: WrongCode,
): Promise<{ code_failures: number; locked: boolean } | null> {
  const [row] = await db.query<{ code_failures: number; locked: boolean }>(wrongCode, { ...wrong });
  return row ?? null;
}

const refused = write(
  'answers.refused',
  sql`
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.answer_refused', 'ver', id, customer_id, call_id, jsonb_build_object('cause', :cause::text)
    FROM verifications WHERE id = :id`,
);

/** Keeps why an answer was not accepted, which the one who sent it is not told. */
export async function recordRefusedAnswer(db: TenantHandle, id: string, cause: string): Promise<void> {
  await db.query(refused, { id, cause });
}
