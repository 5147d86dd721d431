import { type Fragment, literal, sql } from '../database/sql.js';
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

/**
 * Ends an open question as it was answered, by `:status`, `:deviceId`, `:answer`, `:reason`, `:answerSealed`, `:handset` and
 * `:findings`. `from` has an expression `device`. A right code is an attempt as well.
 */
export function closeAnswered({ from, where }: { from: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE verifications v
       SET status = :status, closed_at = now(), device_id = :deviceId, answer = :answer, answer_reason = :reason,
           answer_sealed = :answerSealed, handset = :handset::jsonb, findings = :findings,
           attempts_used = v.attempts_used + CASE WHEN :status = 'confirmed' THEN 1 ELSE 0 END
      FROM ${from}
     WHERE ${where} AND ${openQuestion(sql`v`)}
    RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint`;
}

/** The events of questions that were closed without an answer. `more` is SQL that says what else their data holds. */
function closingEvents(closed: Fragment, more: Fragment, only = sql``): Fragment {
  return sql`SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
           jsonb_build_object('kind', kind, 'direction', direction${more})
             || CASE WHEN status = ${after('expire')} THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
      FROM ${closed}${only}`;
}

/**
 * The events of questions that closed, as rows for `events`.
 * @param because the occasion; null where their time was up, and nothing else.
 */
export function closedQuestions(
  closed: Fragment,
  because: 'displaced' | 'call_ended' | 'change_closed' | 'customer_reported' | 'customer_shredded' | null,
): Fragment {
  return closingEvents(closed, because === null ? sql`` : sql`, 'because', ${literal(because)}`);
}

/** The event of a question that somebody took back. @param by SQL that names them. */
export const withdrawnQuestions = (closed: Fragment, by: Fragment): Fragment =>
  closingEvents(closed, sql`, 'by', ${by}`);

/** The events of questions that closed because their customer was locked. */
export const lockedQuestions = (closed: Fragment): Fragment =>
  closingEvents(closed, sql`, 'because', 'customer_locked'`, sql` WHERE status <> 'waiting'`);
