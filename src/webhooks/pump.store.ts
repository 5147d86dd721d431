import type { WebhookSignatureScheme } from '../crypto/webhook-signature.js';
import { statement, type TenantHandle } from '../platform/tenant-database.js';

/** An endpoint and what this process has claimed for it. */
export interface ClaimedBatch {
  readonly url: string;
  readonly signature: WebhookSignatureScheme;
  readonly secret_sealed: Buffer;
  readonly previous_secret_sealed: Buffer | null;
  /** Due ones that were looked at, also such as wait for an earlier one about the same subject. */
  readonly seen: number;
  readonly deliveries: readonly ClaimedDelivery[];
}

export interface ClaimedDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly cause: 'event' | 'replay' | 'test';
  readonly attempts: number;
}

// One process at a time pumps an endpoint. Of each subject only the oldest that is pending is sent, wherever it stands
// among what is due: after a process died over it, it is due later than those behind it. Those step back to when it is
// due, and where many are due of one subject all but a few step back for a second, so that they do not fill what is
// looked at. (`number + 0` keeps the planner from walking all deliveries by number.) A claim moves what it claims on, so
// that it is due again if nobody reports on it.
const claim = statement('pump.claim', `
  WITH endpoint AS (
    UPDATE webhooks SET pump = :pump, pump_until = now() + :lease::interval
     WHERE id = :webhookId AND status = 'active' AND (pump = :pump OR pump IS NULL OR pump_until < now())
    RETURNING url, signature, secret_sealed, CASE WHEN previous_secret_until > now() THEN previous_secret_sealed END AS previous_secret_sealed,
      CASE WHEN failing_since IS NULL THEN :most::int ELSE 1 END AS most
  ), due AS (
    SELECT d.id, d.subject, d.number FROM webhook_deliveries d
     WHERE EXISTS (SELECT FROM endpoint) AND d.webhook_id = :webhookId AND d.status = 'pending' AND d.next_attempt_at <= now()
     ORDER BY d.next_attempt_at, d.number LIMIT :scan FOR UPDATE OF d SKIP LOCKED
  ), oldest AS (
    SELECT h.id, h.subject, h.number, h.next_attempt_at FROM (SELECT DISTINCT subject FROM due) s, LATERAL (
      SELECT h.id, h.subject, h.number, h.next_attempt_at FROM webhook_deliveries h
       WHERE h.webhook_id = :webhookId AND h.subject = s.subject AND h.status = 'pending' ORDER BY h.number + 0 LIMIT 1) h
  ), postponed AS (
    UPDATE webhook_deliveries d SET next_attempt_at = greatest(later.due_at, now() + interval '1 second')
      FROM (SELECT due.id, oldest.next_attempt_at AS due_at, row_number() OVER (PARTITION BY due.subject ORDER BY due.number) AS place
              FROM due JOIN oldest ON oldest.subject = due.subject AND oldest.id <> due.id) later
     WHERE d.id = later.id AND (later.due_at > now() OR later.place > 4)
  ), heads AS (
    SELECT id FROM oldest WHERE next_attempt_at <= now() ORDER BY number LIMIT (SELECT most FROM endpoint)
  ), claimed AS (
    UPDATE webhook_deliveries d SET claim = :pump, next_attempt_at = now() + :lease::interval
      FROM heads WHERE d.id = heads.id AND d.status = 'pending' AND d.next_attempt_at <= now()
    RETURNING d.id, d.event_id, d.cause, d.attempts, d.number
  )
  SELECT e.url, e.signature, e.secret_sealed, e.previous_secret_sealed, (SELECT count(*)::int FROM due) AS seen,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'event_id', event_id, 'cause', cause, 'attempts', attempts) ORDER BY number) FROM claimed), '[]') AS deliveries
    FROM endpoint e`);

/** Claims what is due at an endpoint; null where it is not active, or another process is at it. */
export async function claimDue(db: TenantHandle, values: { webhookId: string; pump: string; lease: string; most: number; scan: number }): Promise<ClaimedBatch | null> {
  return (await db.query<ClaimedBatch>(claim, { ...values }))[0] ?? null;
}

const delivered = statement('pump.delivered', `
  WITH done AS (
    UPDATE webhook_deliveries d SET status = 'delivered', closed_at = now(), claim = NULL, attempts = attempts + 1, last_attempt_at = now(),
      latency_ms = r.latency_ms, response_status = r.response_status, failure = NULL
      FROM unnest(:ids::uuid[], :latencies::int[], :statuses::int[]) AS r (id, latency_ms, response_status)
     WHERE d.id = r.id AND d.status = 'pending' AND d.claim = :pump RETURNING d.webhook_id
  )
  UPDATE webhooks w SET failing_since = NULL, failing_told_at = NULL WHERE w.id IN (SELECT webhook_id FROM done) AND w.failing_since IS NOT NULL`);

export interface AttemptResult {
  readonly id: string;
  readonly latencyMs: number;
  readonly responseStatus: number | null;
}

export async function recordDelivered(db: TenantHandle, pump: string, results: readonly AttemptResult[]): Promise<void> {
  if (results.length === 0) return;
  await db.query(delivered, { pump, ids: results.map(({ id }) => id), latencies: results.map(({ latencyMs }) => latencyMs), statuses: results.map(({ responseStatus }) => responseStatus) });
}

const failed = statement('pump.failed', `
  WITH done AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = now(), latency_ms = :latencyMs, response_status = :responseStatus, failure = :failure, claim = NULL,
      status = CASE WHEN :waitMs::bigint IS NULL THEN 'exhausted' ELSE 'pending' END,
      closed_at = CASE WHEN :waitMs::bigint IS NULL THEN now() END,
      next_attempt_at = now() + coalesce(:waitMs::bigint, 0) * interval '1 ms'
     WHERE id = :id AND status = 'pending' AND claim = :pump RETURNING webhook_id
  )
  UPDATE webhooks w SET failing_since = coalesce(w.failing_since, now()) FROM done WHERE w.id = done.webhook_id
  RETURNING (extract(epoch FROM now() - w.failing_since) * 1000)::float8 AS failing_for_ms, w.failing_told_at IS NOT NULL AS told`);

/** Records a failure and when to try again; null for never. Says how the endpoint is doing. */
export async function recordFailed(db: TenantHandle, result: AttemptResult & { pump: string; failure: string; waitMs: number | null }): Promise<{ failingForMs: number; told: boolean } | null> {
  const [row] = await db.query<{ failing_for_ms: number; told: boolean }>(failed, { ...result });
  return row ? { failingForMs: row.failing_for_ms, told: row.told } : null;
}

const unclaim = statement('pump.unclaim', `UPDATE webhook_deliveries SET claim = NULL, next_attempt_at = now() WHERE id = :id AND status = 'pending' AND claim = :pump`);

/** Gives back what was not tried. */
export async function unclaimDelivery(db: TenantHandle, id: string, pump: string): Promise<void> {
  await db.query(unclaim, { id, pump });
}

const release = statement('pump.release', `UPDATE webhooks SET pump = NULL, pump_until = NULL WHERE id = :webhookId AND pump = :pump`);

export async function releaseEndpoint(db: TenantHandle, webhookId: string, pump: string): Promise<void> {
  await db.query(release, { webhookId, pump });
}

/** A job for each endpoint and purpose: `now` for what has just come in, `later` for the next attempt. */
const addJob = (runAt: string, purpose: string): string => `graphile_worker.add_job('webhooks.pump', json_build_object('tenantId', :tenantId::text, 'webhookId', id), run_at => ${runAt}, job_key => 'webhooks.pump/${purpose}/' || :tenantId || '/' || id, max_attempts => 25)`;

const kick = statement('pump.kick', `SELECT count(${addJob('now()', 'now')}) AS kicked FROM unnest(:webhookIds::uuid[]) AS id`);

/** Lets endpoints be pumped at once. */
export async function kickEndpoints(db: TenantHandle, webhookIds: readonly string[]): Promise<void> {
  if (webhookIds.length > 0) await db.query(kick, { tenantId: db.tenantId, webhookIds });
}

const scheduleNext = statement('pump.scheduleNext', `
  SELECT count(${addJob('greatest(n.next_attempt_at, now())', 'later')}) AS added
    FROM (SELECT webhook_id AS id, next_attempt_at FROM webhook_deliveries WHERE webhook_id = :webhookId AND status = 'pending' ORDER BY next_attempt_at LIMIT 1) n`);

/** Lets an endpoint be pumped when the next of its deliveries is due. */
export async function scheduleNextAttempt(db: TenantHandle, webhookId: string): Promise<void> {
  await db.query(scheduleNext, { tenantId: db.tenantId, webhookId });
}

const stranded = statement('pump.stranded', `
  SELECT w.id FROM webhooks w
   WHERE w.status = 'active' AND (w.pump IS NULL OR w.pump_until < now())
     AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_attempt_at < now() - interval '2 seconds')`);

/** Endpoints with something overdue that nobody is at: whoever was at them has died. */
export async function listStranded(db: TenantHandle): Promise<string[]> {
  return (await db.query<{ id: string }>(stranded, {})).map(({ id }) => id);
}

const forgetDeadJobs = statement('pump.forgetDeadJobs', `
  DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts AND key IS NULL AND (locked_at IS NULL OR locked_at < now() - interval '1 hour')`);

/** Removes jobs that a process died over and another has long done. */
export async function forgetSpentJobs(db: TenantHandle): Promise<void> {
  await db.query(forgetDeadJobs, {});
}
