import { type Fragment, sql } from '../database/sql.js';
import { eventRow, typeAbout } from '../events/event-row.js';
import type { Policy } from '../policy/policy.js';
import { countPrompt } from '../customers/customer.transition.js';
import type { VerificationKind } from './display.js';
import { closedQuestions, closeWaiting } from './verification.transition.js';

/** What is stored of a question to a customer; everything sealed is sealed already. */
export interface VerificationToStart {
  readonly verificationId: string;
  readonly kind: VerificationKind;
  readonly displaySealed: Buffer;
  readonly displayCommitment: string;
  readonly challenge: string;
  readonly asks: readonly string[];
  readonly codeMac: Buffer | null;
  readonly startedBy: string;
  readonly policyVersion: number;
  readonly attemptsAllowed: number;
  readonly verificationSeconds: number;
  readonly promptsPerMinute: number;
  readonly promptsSinceConfirmed: number;
}

/** The policy values that a start needs. */
export function startLimits(
  version: number,
  policy: Policy,
): Pick<
  VerificationToStart,
  'policyVersion' | 'attemptsAllowed' | 'verificationSeconds' | 'promptsPerMinute' | 'promptsSinceConfirmed'
> {
  return {
    policyVersion: version,
    attemptsAllowed: policy.attempts.codeFailures,
    verificationSeconds: policy.verification.lifetimeSeconds,
    promptsPerMinute: policy.pushBudget.perMinute,
    promptsSinceConfirmed: policy.pushBudget.sinceConfirmed,
  };
}

export type StartDecision = 'ask' | 'no_device' | 'locked' | 'push_budget';

/** When a `customer` was asked of late, as an expression `recent`. */
export const RECENT = sql`LATERAL (
      SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
             min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
        FROM unnest(customer.recent_prompts) AS at) recent`;

/** Whether a `customer`, with `recent`, has been asked as often as they may be. */
export const overBudget = (perMinute: Fragment, sinceConfirmed: Fragment): Fragment =>
  sql`recent.last_minute >= ${perMinute}
          OR (customer.prompts_since_confirmed >= ${sinceConfirmed}
            AND recent.last_at > now() - interval '24 hours')`;

/** Whether a day has passed since a customer was asked. */
export const RESTED = sql`coalesce(recent.last_at < now() - interval '24 hours', false)`;

const START = sql`
  gate AS (
    SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
      CASE
        WHEN customer.locked_at IS NOT NULL THEN 'locked'
        WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
        WHEN ${overBudget(sql`:promptsPerMinute`, sql`:promptsSinceConfirmed`)} THEN 'push_budget'
        ELSE 'ask'
      END AS decision,
      ceil(extract(epoch FROM
        CASE WHEN customer.prompts_since_confirmed >= :promptsSinceConfirmed THEN recent.last_at + interval '24 hours'
          ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
      ${RESTED} AS rested
    FROM asked, customer, ${RECENT}
  ), displaced AS (
    ${closeWaiting('cancel', {
      from: sql`gate`,
      where: sql`gate.decision = 'ask' AND v.customer_id = :customerId AND v.customer_id > '' AND v.kind = :kind
        AND (:kind <> 'change' OR v.change_id = gate.change_id)`,
    })}
  ), counted AS (
    ${countPrompt({ from: sql`gate`, where: sql`gate.decision = 'ask' AND c.id = gate.customer_id`, rested: sql`gate.rested` })}
  ), started AS (
    INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
      asks, code_mac,
                               attempts_allowed, policy_version, started_by, expires_at)
    SELECT :verificationId, gate.customer_id, :kind, gate.call_id, gate.change_id, gate.direction, :keyId, :displaySealed,
           gate.display_time, :challenge, :asks, :codeMac,
           :attemptsAllowed, :policyVersion, :startedBy, now() + make_interval(secs => :verificationSeconds)
      FROM gate, (SELECT count(*) FROM displaced) settled
     WHERE gate.decision = 'ask'
    RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
  )`;

/** The event of questions that were put, as rows for `events`. */
export const startedQuestions = (
  from: Fragment,
  { by, displayCommitment }: { by: Fragment; displayCommitment: Fragment },
): Fragment =>
  sql`SELECT ${eventRow('verification.started', sql`id, customer_id, call_id`, {
    kind: sql`kind`,
    direction: sql`direction`,
    policyVersion: sql`policy_version`,
    by,
    displayCommitment,
    displayTime: sql`display_time`,
    challengeHash: sql`encode(sha256(convert_to(challenge, 'UTF8')), 'hex')`,
  })} FROM ${from}`;

const LOGGED = sql`
    ${closedQuestions(sql`displaced`, 'displaced')}
    UNION ALL
    ${startedQuestions(sql`started`, { by: sql`:startedBy::text`, displayCommitment: sql`:displayCommitment::text` })}
    UNION ALL
    SELECT ${eventRow(
      typeAbout('verification.refused', sql`CASE WHEN gate.call_id IS NULL THEN 'chg' ELSE 'call' END`),
      sql`coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id`,
      { because: sql`gate.decision` },
    )} FROM gate WHERE decision <> 'ask'`;

/**
 * The part of a statement that asks a customer something. It needs the expressions `customer` (the customer's row, locked
 * FOR UPDATE by `:customerId`, so that the budget is exact under a race) and `asked` (one row with call_id, change_id, direction and
 * display_time), and it adds `gate` (decision, retry_after) and `started` (the verification).
 *
 * What is waiting already is displaced first; where a racing start is still unseen, the unique index refuses, and the
 * caller runs the statement again.
 *
 * @param loggedBefore rows of events that the log tells first, since one insertion of all events costs less than one of each.
 */
export function startVerification(loggedBefore?: Fragment): Fragment {
  return sql`${START}, start_logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)${
      loggedBefore
        ? sql`
    ${loggedBefore}
    UNION ALL`
        : sql``
    }${LOGGED}
  )`;
}

/** Puts the questions of `ready`, which are about calls and have a code: nothing stands in their way, and nothing is displaced. */
export const PUT_READY = sql`INSERT INTO verifications (id, customer_id, kind, call_id, direction, key_id, display_sealed, display_time,
                               challenge, asks, code_mac, attempts_allowed, policy_version, started_by, expires_at)
    SELECT verification_id, customer_id, 'call', id, direction, key_id, display_sealed, display_time, challenge, '{answer,code}', code_mac,
           attempts_allowed, policy_version, started_by, now() + make_interval(secs => verification_seconds)
      FROM ready`;
