import { type Fragment, literal, sql } from '../database/sql.js';
import { eventData, eventRow, eventRowWith, typeByStatus } from '../events/event-row.js';
/** Whether an open callback is held by nobody: it is queued, or its claim has lapsed. */
export const unheld = (b: Fragment): Fragment => sql`(${b}.status = 'queued' OR ${b}.claimed_until <= now())`;

/** Whether an open callback is past its window; an agent who holds it may still ring. */
export const pastWindow = (b: Fragment): Fragment =>
  sql`${b}.closed_at IS NULL AND ${b}.not_after <= now() AND ${unheld(b)}`;

/** Whether a callback is still to be made. */
export const openCallback = (b: Fragment): Fragment => sql`${b}.closed_at IS NULL AND NOT (${pastWindow(b)})`;

/**
 * A callback's status by the clock: a claim that has lapsed is none, and what is past its window has expired, whether or
 * not the sweeper came by.
 */
export const statusNow = (b: Fragment): Fragment => sql`CASE WHEN ${pastWindow(b)} THEN 'expired'
                     WHEN ${b}.status = 'claimed' AND ${b}.claimed_until <= now() THEN 'queued' ELSE ${b}.status END`;

/**
 * Closes callbacks that are open; one past its window expires. Its rows are for `closedCallbacks`, and name the call of a
 * claim that had lapsed.
 */
export function closeUnfinished(
  status: 'cancelled' | 'unreachable',
  { from, where }: { from?: Fragment; where: Fragment },
): Fragment {
  return sql`UPDATE callbacks b SET status = CASE WHEN ${pastWindow(sql`b`)} THEN 'expired' ELSE ${literal(status)} END, closed_at = now()
      ${from ? sql`FROM ${from} ` : sql``}WHERE ${where} AND b.closed_at IS NULL
    RETURNING b.id, b.customer_id, b.status, b.attempts, CASE WHEN b.claimed_until <= now() THEN b.call_id END AS lapsed_call_id`;
}

/** Expires the callbacks of `due` (id), which are past their window. Its rows are for `closedCallbacks`. */
export const expirePast = (due: Fragment): Fragment =>
  sql`UPDATE callbacks b SET status = 'expired', closed_at = now()
      FROM ${due} WHERE b.id = ${due}.id AND ${pastWindow(sql`b`)} RETURNING b.id, b.customer_id, b.status, b.attempts`;

/**
 * The events of callbacks that were closed without an outcome, as rows for `events`.
 * @param data SQL: what is said of one in its window.
 */
export function closedCallbacks(closed: Fragment, data: Fragment): Fragment {
  const types = typeByStatus('callback', ['cancelled', 'expired', 'unreachable'], sql`status`);
  const expired = eventData('callback.expired', { attempts: sql`attempts` });
  return sql`SELECT ${eventRowWith(
    types,
    sql`id, customer_id, NULL::uuid`,
    sql`CASE WHEN status = 'expired' THEN ${expired} ELSE ${data} END`,
  )} FROM ${closed}`;
}

/**
 * Gives callback `:id` to `:agentId` until `:claimSeconds` have passed, where it is due and nobody holds it. `before` (id,
 * status, claimed_by, call_id) is it, locked.
 */
export function claimDue({ before, where }: { before: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE callbacks c
       SET status = 'claimed', claimed_by = :agentId, claimed_by_name = :agentName, claimed_at = now(),
           claimed_until = now() + make_interval(secs => :claimSeconds), contact_point_id = :contactPointId, call_id = NULL
      FROM ${before}
     WHERE c.id = ${before}.id AND c.closed_at IS NULL AND c.due_at <= now() AND c.not_after > now()
       AND ${unheld(sql`c`)} AND NOT :agentId = ANY(c.not_by) AND ${where}
    RETURNING c.id, c.customer_id, ${before}.call_id AS lapsed_call_id,
      CASE WHEN ${before}.status = 'claimed' THEN ${before}.claimed_by END AS lapsed_claim_of`;
}

/** Puts the callbacks of `due` (id, call_id), whose claims have lapsed, back into the queue. */
export function requeueLapsed(due: Fragment): Fragment {
  return sql`UPDATE callbacks b SET status = 'queued' FROM ${due} WHERE b.id = ${due}.id
    RETURNING b.id, b.customer_id, b.claimed_by AS lapsed_claim_of, ${due}.call_id AS lapsed_call_id`;
}

/** The events of claims that had lapsed, as rows for `events`, whether the sweeper or another claim ended them. */
export function lapsedClaims(lapsed: Fragment): Fragment {
  return sql`SELECT ${eventRow('callback.claim_lapsed', sql`id, customer_id, lapsed_call_id`, { by: sql`lapsed_claim_of` })}
      FROM ${lapsed} WHERE lapsed_claim_of IS NOT NULL`;
}

/** Whether a claimed callback may not be rung by `:agentId`, who asked for the change that it is about or approved it. */
export const barredFrom = (call: Fragment): Fragment =>
  sql`EXISTS (SELECT FROM callbacks b WHERE b.call_id = ${call}.id AND b.status = 'claimed' AND :agentId = ANY(b.not_by))`;

/** Gives the callback that a call was placed for to `:agentId`, who took the call over. `taken` is the call. */
export const claimWithCall = (taken: Fragment): Fragment =>
  sql`UPDATE callbacks b SET claimed_by = :agentId, claimed_by_name = :agentName FROM ${taken}
     WHERE b.call_id = ${taken}.id AND b.status = 'claimed' RETURNING b.id`;

/** Whether `:agentId` holds callback `:id`, and rings. */
export const heldBy = (b: Fragment): Fragment =>
  sql`${b}.id = :id AND ${b}.status = 'claimed' AND ${b}.claimed_by = :agentId AND ${b}.claimed_until > now() AND ${b}.call_id IS NOT NULL`;

/** Ends an attempt as `:status`, which `afterAttempt` decided. `held` (id, via) is the callback, locked while `heldBy`. */
export function recordAttempt({ held, where }: { held: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE callbacks b
       SET attempts = b.attempts + 1, status = :status,
           verified_via = CASE WHEN :status = 'verified' THEN ${held}.via END,
           due_at = CASE WHEN :status = 'queued' THEN :retryAt::timestamptz ELSE b.due_at END,
           closed_at = CASE WHEN :status <> 'queued' THEN now() END,
           closed_by = :agentId, claimed_until = now()
      FROM ${held} WHERE b.id = ${held}.id AND (:status <> 'verified' OR ${held}.via IS NOT NULL) AND ${where}
    RETURNING b.id, b.customer_id, b.call_id, b.status, b.attempts, b.verified_via`;
}

/** Keeps `:agentId` from ringing about `:changeId`. */
export const EXCLUDE = sql`UPDATE callbacks SET not_by = array_append(not_by, :agentId)
     WHERE change_id = :changeId AND closed_at IS NULL AND NOT :agentId = ANY(not_by)`;

/** Notes which call the claim declared, in the transaction that made the claim. */
export const ATTACH_CALL = sql`UPDATE callbacks SET call_id = :callId WHERE id = :id`;
