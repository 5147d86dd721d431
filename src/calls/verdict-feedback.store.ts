import { sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow, eventType } from '../events/event-row.js';
import type { VerdictName } from './verdict.policy.js';

/** For so long a handset may tell what became of a verdict; after that a row says nothing that the age does not. */
const FEEDBACK_SECONDS = 86_400;
/** A verdict is recorded at once, by a clock that the id was made by. */
const AROUND_SECONDS = 120;

export interface FeedbackToTake {
  readonly customerId: string;
  readonly verdictUuid: string;
  /** As the event names it. */
  readonly verdictId: string;
  /** The moment that the id names. */
  readonly at: Date;
  readonly outcome: string;
  readonly latencyMs: number | null;
}

// Found by the time in its id: a customer's events of some minutes, in one month.
const take = write(
  'verdict-feedback.take',
  sql`
  WITH verdict AS (
    SELECT customer_id, call_id, data FROM events
     WHERE customer_id = :customerId AND type = ${eventType('verdict.given')} AND data ->> 'verdictId' = :verdictId
       AND occurred_at BETWEEN :at::timestamptz - make_interval(secs => :aroundSeconds)
                           AND :at::timestamptz + make_interval(secs => :aroundSeconds)
       AND occurred_at > now() - make_interval(secs => :feedbackSeconds)
       AND id >= uuid7_floor(:at::timestamptz - make_interval(secs => :aroundSeconds, mins => 5))
     LIMIT 1
  ), taken AS (
    INSERT INTO verdict_feedback (verdict_id) SELECT :verdictUuid::uuid FROM verdict ON CONFLICT DO NOTHING RETURNING verdict_id
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('verdict.feedback_received', sql`taken.verdict_id, verdict.customer_id, verdict.call_id`, {
      verdict: sql`verdict.data -> 'verdict'`,
      reason: sql`verdict.data -> 'reason'`,
      trigger: sql`verdict.data -> 'trigger'`,
      outcome: sql`:outcome::text`,
      latencyMs: sql`:latencyMs::int`,
    })}
      FROM verdict, taken
  )
  SELECT data ->> 'verdict' AS verdict, EXISTS (SELECT FROM taken) AS is_taken FROM verdict`,
);

/** Takes what a handset tells of a verdict, once; null where this customer was given no such verdict of late. */
export async function takeFeedback(
  db: TenantHandle,
  feedback: FeedbackToTake,
): Promise<{ verdict: VerdictName; is_taken: boolean } | null> {
  const [row] = await db.query<{ verdict: VerdictName; is_taken: boolean }>(take, {
    ...feedback,
    aroundSeconds: AROUND_SECONDS,
    feedbackSeconds: FEEDBACK_SECONDS,
  });
  return row ?? null;
}

const forget = write(
  'verdict-feedback.forget',
  sql`
  DELETE FROM verdict_feedback WHERE (tenant_id, verdict_id) IN (
    SELECT tenant_id, verdict_id FROM verdict_feedback
     WHERE given_at < now() - make_interval(secs => :feedbackSeconds, mins => 5) LIMIT :most)`,
);

/** Forgets of which verdicts it was told, once they are too old to be told of. */
export async function forgetFeedback(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { feedbackSeconds: FEEDBACK_SECONDS, most });
}
