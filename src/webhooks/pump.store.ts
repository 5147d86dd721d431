import type { WebhookSignatureScheme } from '../crypto/webhook-signature.js';
import { type Fragment, literal, read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

/** An endpoint and what is due there. */
export interface DueBatch {
  readonly url: string;
  readonly signature: WebhookSignatureScheme;
  readonly secret_sealed: Buffer;
  readonly previous_secret_sealed: Buffer | null;
  readonly deliveries: readonly DueDelivery[];
}

export interface DueDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly cause: 'event' | 'replay' | 'test';
  readonly attempts: number;
}

/** Whose turn it is at an endpoint, and for how long if nothing more is heard of it. */
export interface PumpLease {
  readonly webhookId: string;
  readonly pump: string;
  readonly lease: string;
}

const take = write(
  'pump.take',
  sql`
  UPDATE webhooks SET pump = :pump, pump_until = now() + :lease::interval
   WHERE id = :webhookId AND status = 'active' AND (pump IS NULL OR pump_until < now()) RETURNING id`,
);

/** Makes this pump the only one at an endpoint; false where it is not active, or another is at it. */
export async function takeEndpoint(db: TenantHandle, lease: PumpLease): Promise<boolean> {
  return (await db.query(take, { ...lease })).length === 1;
}

const hold = write(
  'pump.hold',
  sql`UPDATE webhooks SET pump_until = now() + :lease::interval WHERE id = :webhookId AND pump = :pump RETURNING id`,
);

/**
 * Holds the endpoint for this transaction, and the lease anew; false where another pump has it. Whoever moves heads
 * holds it first, so that no two do at the same time, also where one of them has outlived its lease.
 */
export async function holdEndpoint(tx: TenantHandle, lease: PumpLease): Promise<boolean> {
  return (await tx.query(hold, { ...lease })).length === 1;
}

const arrived = read(
  'pump.arrived',
  sql`SELECT id, subject FROM webhook_deliveries WHERE queue = :webhookId AND place = 'arrived' ORDER BY number LIMIT :most`,
);

// One row a statement, here and below: a join could be planned, while the table is small, as a scan of all deliveries.
const place = write(
  'pump.place',
  sql`
  UPDATE webhook_deliveries SET place = CASE
    WHEN EXISTS (SELECT FROM webhook_deliveries h WHERE h.queue = :webhookId AND h.subject = :subject AND h.place = 'head') THEN 'behind'
      ELSE 'head' END
   WHERE id = :id AND status = 'pending'`,
);

/** Gives what has arrived its place, by its number: at the head of its subject, or behind. Returns how many there were. For a transaction that holds the endpoint. */
export async function placeArrived(tx: TenantHandle, { webhookId }: PumpLease, most: number): Promise<number> {
  const rows = await tx.query<{ id: string; subject: string }>(arrived, { webhookId, most });
  for (const { id, subject } of rows) await tx.query(place, { webhookId, id, subject });
  return rows.length;
}

const due = write(
  'pump.due',
  sql`
  WITH endpoint AS (
    UPDATE webhooks SET pump_until = now() + :lease::interval WHERE id = :webhookId AND pump = :pump AND status = 'active'
    RETURNING url, signature, secret_sealed, CASE
      WHEN previous_secret_until > now() THEN previous_secret_sealed END AS previous_secret_sealed,
      CASE WHEN failing_since IS NULL THEN :most::int ELSE 1 END AS most
  ), due AS (
    SELECT d.id, d.event_id, d.cause, d.attempts, d.number FROM webhook_deliveries d
     WHERE d.queue = :webhookId AND d.place = 'head' AND d.next_attempt_at <= now()
     ORDER BY d.next_attempt_at, d.number LIMIT (SELECT coalesce(max(most), 0) FROM endpoint)
  )
  SELECT e.url, e.signature, e.secret_sealed, e.previous_secret_sealed,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'event_id', event_id, 'cause', cause, 'attempts', attempts)
           ORDER BY number) FROM due), '[]') AS deliveries
    FROM endpoint e`,
);

/** What is due at an endpoint; null where this pump may not send to it any more. */
export async function readDue(db: TenantHandle, lease: PumpLease, most: number): Promise<DueBatch | null> {
  return (await db.query<DueBatch>(due, { ...lease, most }))[0] ?? null;
}

/** Whoever waits next behind a head that has ended takes its place. */
const PROMOTE = sql`
  UPDATE webhook_deliveries SET place = 'head' WHERE status = 'pending' AND place = 'behind' AND id = (
    SELECT b.id FROM webhook_deliveries b WHERE b.queue = :webhookId AND b.subject = (SELECT subject FROM ended) AND b.place = 'behind'
      ORDER BY b.number LIMIT 1)`;

const delivered = write(
  'pump.delivered',
  sql`
  WITH ended AS (
    UPDATE webhook_deliveries SET status = 'delivered', closed_at = now(), attempts = attempts + 1, last_attempt_at = now(),
      latency_ms = :latencyMs, response_status = :responseStatus, failure = NULL
     WHERE id = :id AND status = 'pending' RETURNING subject
  ) ${PROMOTE}`,
);

const works = write(
  'pump.works',
  sql`UPDATE webhooks SET failing_since = NULL, failing_told_at = NULL WHERE id = :webhookId AND failing_since IS NOT NULL`,
);

export interface AttemptResult {
  readonly id: string;
  readonly latencyMs: number;
  readonly responseStatus: number | null;
}

/** Records what was delivered, and lets the next of each subject be due. For a transaction that holds the endpoint. */
export async function recordDelivered(
  tx: TenantHandle,
  { webhookId }: PumpLease,
  results: readonly AttemptResult[],
): Promise<void> {
  for (const result of results) await tx.query(delivered, { webhookId, ...result });
  if (results.length > 0) await tx.query(works, { webhookId });
}

const failed = write(
  'pump.failed',
  sql`
  WITH attempted AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = now(), latency_ms = :latencyMs,
      response_status = :responseStatus, failure = :failure,
      status = CASE WHEN :waitMs::bigint IS NULL THEN 'exhausted' ELSE 'pending' END,
      closed_at = CASE WHEN :waitMs::bigint IS NULL THEN now() END,
      next_attempt_at = now() + coalesce(:waitMs::bigint, 0) * interval '1 ms'
     WHERE id = :id AND status = 'pending' RETURNING subject, status
  ), ended AS (
    SELECT subject FROM attempted WHERE status = 'exhausted'
  ), promoted AS (${PROMOTE})
  UPDATE webhooks SET failing_since = coalesce(failing_since, now()) WHERE id = :webhookId AND EXISTS (SELECT FROM attempted)
  RETURNING (extract(epoch FROM now() - failing_since) * 1000)::float8 AS failing_for_ms, failing_told_at IS NOT NULL AS told`,
);

/**
 * Records a failure and when to try again; null for never, and then the next of its subject is due. Says how the endpoint
 * is doing, or null where the delivery had ended. For a transaction that holds the endpoint.
 */
export async function recordFailed(
  tx: TenantHandle,
  { webhookId }: PumpLease,
  result: AttemptResult & { failure: string; waitMs: number | null },
): Promise<{ failingForMs: number; told: boolean } | null> {
  const [row] = await tx.query<{ failing_for_ms: number; told: boolean }>(failed, { webhookId, ...result });
  return row ? { failingForMs: row.failing_for_ms, told: row.told } : null;
}

const release = write(
  'pump.release',
  sql`UPDATE webhooks SET pump = NULL, pump_until = NULL WHERE id = :webhookId AND pump = :pump`,
);

export async function releaseEndpoint(db: TenantHandle, { webhookId, pump }: PumpLease): Promise<void> {
  await db.query(release, { webhookId, pump });
}

/** A job for each endpoint and purpose: `now` for what has just come in, `later` for the next attempt. */
const addJob = (runAt: Fragment, purpose: 'now' | 'later'): Fragment =>
  sql`graphile_worker.add_job('webhooks.pump', json_build_object('tenantId', :tenantId::text, 'webhookId', id), run_at => ${runAt},
    job_key => ${literal(`webhooks.pump/${purpose}/`)} || :tenantId || '/' || id, max_attempts => 25)`;

const kick = write(
  'pump.kick',
  sql`SELECT count(${addJob(sql`now()`, 'now')}) AS kicked FROM unnest(:webhookIds::uuid[]) AS id`,
);

/** Lets endpoints be pumped at once. */
export async function kickEndpoints(db: TenantHandle, webhookIds: readonly string[]): Promise<void> {
  if (webhookIds.length > 0) await db.query(kick, { tenantId: db.tenantId, webhookIds });
}

const scheduleNext = write(
  'pump.scheduleNext',
  sql`
  SELECT count(${addJob(sql`greatest(n.due_at, now())`, 'later')}) AS added FROM (
    SELECT :webhookId::uuid AS id, least(
      (SELECT next_attempt_at FROM webhook_deliveries WHERE queue = :webhookId AND place = 'head' AND next_attempt_at < 'infinity'
        ORDER BY next_attempt_at LIMIT 1),
      (SELECT created_at FROM webhook_deliveries WHERE queue = :webhookId AND place = 'arrived' ORDER BY number LIMIT 1)) AS due_at) n
   WHERE n.due_at IS NOT NULL`,
);

/** Lets an endpoint be pumped when the next of its deliveries is due. */
export async function scheduleNextAttempt(db: TenantHandle, webhookId: string): Promise<void> {
  await db.query(scheduleNext, { tenantId: db.tenantId, webhookId });
}

const stranded = read(
  'pump.stranded',
  sql`
  SELECT w.id FROM webhooks w
   WHERE w.status = 'active' AND (w.pump IS NULL OR w.pump_until < now()) AND (
     EXISTS (SELECT FROM webhook_deliveries d WHERE d.queue = w.id AND d.place = 'head'
       AND d.next_attempt_at < now() - interval '2 seconds')
     OR EXISTS (SELECT FROM webhook_deliveries d WHERE d.queue = w.id AND d.place = 'arrived'
       AND d.created_at < now() - interval '2 seconds'))`,
);

/** Endpoints with something overdue that nobody is at: whoever was at them has died. */
export async function listStranded(db: TenantHandle): Promise<string[]> {
  return (await db.query<{ id: string }>(stranded, {})).map(({ id }) => id);
}

const forgetDeadJobs = write(
  'pump.forgetDeadJobs',
  sql`
  DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts AND key IS NULL
    AND (locked_at IS NULL OR locked_at < now() - interval '1 hour')`,
);

/** Removes jobs that a process died over and another has long done. */
export async function forgetSpentJobs(db: TenantHandle): Promise<void> {
  await db.query(forgetDeadJobs, {});
}
