import { advance, type Step } from './verification.machine.js';

/** Whether a question can still be answered. */
export const openQuestion = (v: string): string => `${v}.status = 'waiting' AND ${v}.expires_at > now()`;

/** Whether a question still says waiting although its time has passed. */
export const lapsedQuestion = (v: string): string => `${v}.status = 'waiting' AND ${v}.expires_at <= now()`;

const after = (step: Step): string => `'${advance('waiting', step)!}'`;
const ended = (step: Step): string => `CASE WHEN v.expires_at <= now() THEN ${after('expire')} ELSE ${after(step)} END`;

const CLOSED = 'v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at';

/** What a fragment looks at besides its own row, and which rows it moves. */
interface Moved {
  readonly from?: string;
  readonly where: string;
}

/**
 * Ends the questions that wait. Whatever the occasion, one whose time has passed has expired, and ends so.
 * Its rows are for `closedQuestions`.
 */
export function closeWaiting(step: 'cancel' | 'report', { from = '', where }: Moved): string {
  return `UPDATE verifications v SET status = ${ended(step)}, closed_at = now()
      ${from && `FROM ${from} `}WHERE ${where} AND v.status = 'waiting' RETURNING ${CLOSED}`;
}

/** Ends one question on request, for which it must be open still. Its rows are for `closedQuestions`. */
export function closeOpen(step: 'cancel', where: string): string {
  return `UPDATE verifications v SET status = ${after(step)}, closed_at = now()
     WHERE ${where} AND ${openQuestion('v')} RETURNING ${CLOSED}`;
}

/** Expires the questions of `due` (id) whose time has passed. Its rows are for `closedQuestions`. */
export function expireLapsed(due: string): string {
  return `UPDATE verifications v SET status = ${after('expire')}, closed_at = now()
      FROM ${due} WHERE v.id = ${due}.id AND ${lapsedQuestion('v')} RETURNING ${CLOSED}`;
}

/**
 * Ends the questions of a customer who is locked: `failed` (id, code_failures, locked_at) is what `countFailure` gave.
 * With `:id`, the wrong code was that question's, and counts as one of its attempts whether or not it locked.
 * Its rows are for `lockedQuestions`.
 */
export function closeLocked(failed: string, { countsFor }: { countsFor: ':id' | null }): string {
  const locked = `${failed}.locked_at IS NOT NULL`;
  if (countsFor === null) {
    return `UPDATE verifications v SET status = ${ended('lock')}, closed_at = now()
      FROM ${failed} WHERE ${locked} AND v.customer_id = ${failed}.id AND v.status = 'waiting' RETURNING ${CLOSED}`;
  }
  return `UPDATE verifications v
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
export function closeAnswered({ from, where }: { from: string; where: string }): string {
  return `UPDATE verifications v
       SET status = :status, closed_at = now(), device_id = :deviceId, answer = :answer, answer_reason = :reason,
           answer_sealed = :answerSealed, handset = :handset::jsonb, findings = :findings,
           attempts_used = v.attempts_used + CASE WHEN :status = 'confirmed' THEN 1 ELSE 0 END
      FROM ${from}
     WHERE ${where} AND ${openQuestion('v')}
    RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint`;
}

/** The events of questions that were closed without an answer. `more` is SQL that says what else their data holds. */
function closingEvents(closed: string, more: string, only = ''): string {
  return `SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
           jsonb_build_object('kind', kind, 'direction', direction${more})
             || CASE WHEN status = ${after('expire')} THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
      FROM ${closed}${only}`;
}

/**
 * The events of questions that closed, as rows for `events`.
 * @param because the occasion; null where their time was up, and nothing else.
 */
export function closedQuestions(
  closed: string,
  because: 'displaced' | 'call_ended' | 'change_closed' | 'customer_reported' | 'customer_shredded' | null,
): string {
  return closingEvents(closed, because === null ? '' : `, 'because', '${because}'`);
}

/** The event of a question that somebody took back. @param by SQL that names them. */
export const withdrawnQuestions = (closed: string, by: string): string => closingEvents(closed, `, 'by', ${by}`);

/** The events of questions that closed because their customer was locked. */
export const lockedQuestions = (closed: string): string =>
  closingEvents(closed, `, 'because', 'customer_locked'`, ` WHERE status <> 'waiting'`);
