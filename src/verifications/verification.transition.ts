import { type Fragment, literal, sql } from '../database/sql.js';
import { eventData, eventRow, typeByStatus } from '../events/event-row.js';
import { advance, type Step } from './verification.machine.js';

/** Whether a question can still be answered. */
export const openQuestion = (v: Fragment): Fragment => sql`${v}.status = 'waiting' AND ${v}.expires_at > now()`;

/** Whether a question still says waiting although its time has passed. */
export const lapsedQuestion = (v: Fragment): Fragment => sql`${v}.status = 'waiting' AND ${v}.expires_at <= now()`;

const after = (step: Step): Fragment => literal(advance('waiting', step)!);
const ended = (step: Step): Fragment =>
  sql`CASE WHEN v.expires_at <= now() THEN ${after('expire')} ELSE ${after(step)} END`;

const CLOSED = sql`v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at`;

/** What a fragment looks at besides its own row, and which rows it moves. */
interface Moved {
  readonly from?: Fragment;
  readonly where: Fragment;
}

/**
 * Ends the questions that wait. Whatever the occasion, one whose time has passed has expired, and ends so.
 * Its rows are for `closedQuestions`.
 */
export function closeWaiting(step: 'cancel' | 'report', { from, where }: Moved): Fragment {
  return sql`UPDATE verifications v SET status = ${ended(step)}, closed_at = now()
      ${from ? sql`FROM ${from} ` : sql``}WHERE ${where} AND v.status = 'waiting' RETURNING ${CLOSED}`;
}

/** Ends one question on request, for which it must be open still. Its rows are for `closedQuestions`. */
export function closeOpen(step: 'cancel', where: Fragment): Fragment {
  return sql`UPDATE verifications v SET status = ${after(step)}, closed_at = now()
     WHERE ${where} AND ${openQuestion(sql`v`)} RETURNING ${CLOSED}`;
}

/** Expires the questions of `due` (id) whose time has passed. Its rows are for `closedQuestions`. */
export function expireLapsed(due: Fragment): Fragment {
  return sql`UPDATE verifications v SET status = ${after('expire')}, closed_at = now()
      FROM ${due} WHERE v.id = ${due}.id AND ${lapsedQuestion(sql`v`)} RETURNING ${CLOSED}`;
}

/**
 * Ends the questions of a customer who is locked: `failed` (id, code_failures, locked_at) is what `countFailure` gave.
 * With `:id`, the wrong code was that question's, and counts as one of its attempts whether or not it locked.
 * Its rows are for `lockedQuestions`.
 */
export function closeLocked(failed: Fragment, { countsFor }: { countsFor: Fragment | null }): Fragment {
  const locked = sql`${failed}.locked_at IS NOT NULL`;
  if (countsFor === null) {
    return sql`UPDATE verifications v SET status = ${ended('lock')}, closed_at = now()
      FROM ${failed} WHERE ${locked} AND v.customer_id = ${failed}.id AND v.status = 'waiting' RETURNING ${CLOSED}`;
  }
  return sql`UPDATE verifications v
       SET attempts_used = v.attempts_used + CASE WHEN v.id = ${countsFor} THEN 1 ELSE 0 END,
           status = CASE WHEN ${locked} THEN ${ended('lock')} ELSE v.status END, closed_at = CASE WHEN ${locked} THEN now() END
      FROM ${failed}
     WHERE v.customer_id = ${failed}.id AND v.status = 'waiting' AND (v.id = ${countsFor} OR ${locked})
    RETURNING ${CLOSED}`;
}

/** What an answer leaves in its question, each as SQL. */
interface Given {
  readonly status: Fragment;
  readonly deviceId: Fragment;
  readonly answer: Fragment;
  readonly reason: Fragment;
  readonly answerSealed: Fragment;
  readonly handset: Fragment;
  readonly findings: Fragment;
}

const BY_PARAMETERS: Given = {
  status: sql`:status`,
  deviceId: sql`:deviceId`,
  answer: sql`:answer`,
  reason: sql`:reason`,
  answerSealed: sql`:answerSealed`,
  handset: sql`:handset::jsonb`,
  findings: sql`:findings`,
};

/**
 * Ends an open question as it was answered: by parameters of these names, or by what `given` says. `from` has an expression
 * `device`. A right code is an attempt as well.
 */
export function closeAnswered({
  from,
  where,
  given = BY_PARAMETERS,
}: Moved & { from: Fragment; given?: Given }): Fragment {
  const { status, deviceId, answer, reason, answerSealed, handset, findings } = given;
  return sql`UPDATE verifications v
       SET status = ${status}, closed_at = now(), device_id = ${deviceId}, answer = ${answer}, answer_reason = ${reason},
           answer_sealed = ${answerSealed}, handset = ${handset}, findings = ${findings},
           attempts_used = v.attempts_used + CASE WHEN ${status} = 'confirmed' THEN 1 ELSE 0 END
      FROM ${from}
     WHERE ${where} AND ${openQuestion(sql`v`)}
    RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint`;
}

/** The events of questions that were closed without an answer. `more` is SQL for what else their data holds. */
function closingEvents(closed: Fragment, more: { because?: Fragment; by?: Fragment }, only = sql``): Fragment {
  const row = eventRow(
    typeByStatus('verification', ['expired', 'cancelled', 'reported', 'locked'], sql`status`),
    sql`id, customer_id, call_id`,
    { kind: sql`kind`, direction: sql`direction`, ...more },
    sql`CASE WHEN status = ${after('expire')}
        THEN ${eventData('verification.expired', { expiredAt: sql`expires_at` })} ELSE '{}' END`,
  );
  return sql`SELECT ${row}
      FROM ${closed}${only}`;
}

/**
 * The events of questions that closed, as rows for `events`.
 * @param because the occasion; null where their time was up, and nothing else.
 */
export function closedQuestions(
  closed: Fragment,
  because:
    'displaced' | 'call_ended' | 'call_taken_over' | 'change_closed' | 'customer_reported' | 'customer_shredded' | null,
): Fragment {
  return closingEvents(closed, because === null ? {} : { because: literal(because) });
}

/** The event of a question that somebody took back. @param by SQL that names them. */
export const withdrawnQuestions = (closed: Fragment, by: Fragment): Fragment => closingEvents(closed, { by });

/** The events of questions that closed because their customer was locked. */
export const lockedQuestions = (closed: Fragment): Fragment =>
  closingEvents(closed, { because: literal('customer_locked') }, sql` WHERE status <> 'waiting'`);
