import { type HandingOn, handingOn } from '../events/handing-on.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { cancelQueued } from './delivery.transition.js';

export interface DeliveryRow {
  readonly id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly cause: 'event' | 'replay' | 'test';
  readonly status: 'pending' | 'delivered' | 'exhausted' | 'cancelled';
  readonly attempts: number;
  /** Null where it waits behind an earlier one of its subject, or is not pending. */
  readonly next_attempt_at: Date | null;
  readonly created_at: Date;
  readonly last_attempt_at: Date | null;
  readonly latency_ms: number | null;
  readonly response_status: number | null;
  readonly failure: string | null;
}

const COLUMNS = sql`id, event_id, event_type, cause, status, attempts, CASE WHEN status = 'pending'
  AND place <> 'behind' THEN next_attempt_at END AS next_attempt_at, created_at, last_attempt_at, latency_ms, response_status, failure`;

// Types are matched as patterns, in which `_` would stand for any character. Numbers are given in this order.
const fanOut = write(
  'deliveries.fanOut',
  handingOn(
    sql`id, type, about, about_id, customer_id`,
    sql`queued AS (
    INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject)
    SELECT w.id, e.id, e.type, e.about || ':' || coalesce(e.about_id::text, e.customer_id, '')
      FROM next e JOIN webhooks w ON w.status = 'active' AND e.xid >= w.active_from
       AND EXISTS (SELECT FROM unnest(w.types) t WHERE e.type LIKE replace(replace(t, '_', '\\_'), '*', '%'))
     ORDER BY e.xid, e.sequence
    RETURNING webhook_id
  )`,
    sql`ARRAY(SELECT DISTINCT webhook_id::text FROM queued) AS ids`,
  ),
);

/** Queues what comes next for every endpoint that wants it; says how many events that were, and which endpoints. */
export async function queueForWebhooks(db: TenantHandle, next: HandingOn): Promise<{ events: number; ids: string[] }> {
  return (await db.query<{ events: number; ids: string[] }>(fanOut, next))[0]!;
}

const queueTest = write(
  'deliveries.queueTest',
  sql`
  INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, cause)
  SELECT id, uuid7(), 'countersign.webhook.test', 'test:' || uuid7(), 'test' FROM webhooks WHERE id = :webhookId AND status = 'active'
  RETURNING ${COLUMNS}`,
);

/** Null where the webhook is not active. */
export async function queueTestDelivery(db: TenantHandle, webhookId: string): Promise<DeliveryRow | null> {
  return (await db.query<DeliveryRow>(queueTest, { webhookId }))[0] ?? null;
}

// Event ids begin with their time. Only what the relay has passed, and what is from before the webhook was active, which
// the relay will not hand to it: the rest it will hand on itself.
const replay = write(
  'deliveries.replay',
  sql`
  WITH wanted AS (
    SELECT e.id, e.type, e.about, e.about_id, e.customer_id, e.xid, e.sequence, e.occurred_at
      FROM events e JOIN webhooks w ON w.id = :webhookId AND w.status = 'active'
      JOIN event_consumers c ON c.name = :consumer AND (e.xid < w.active_from OR (e.xid, e.sequence) <= (c.xid, c.sequence))
     WHERE e.id >= :from::uuid AND EXISTS (SELECT FROM unnest(w.types) t WHERE e.type LIKE replace(replace(t, '_', '\\_'), '*', '%'))
     ORDER BY e.id LIMIT :most
  ), queued AS (
    INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, cause)
    SELECT :webhookId::uuid, e.id, e.type, e.about || ':' || coalesce(e.about_id::text, e.customer_id, ''), 'replay' FROM wanted e
     WHERE e.id NOT IN (SELECT d.event_id FROM webhook_deliveries d WHERE d.queue = :webhookId AND d.subject >= '')
     ORDER BY e.xid, e.sequence
    RETURNING 1
  )
  SELECT (SELECT count(*)::int FROM queued) AS queued, (SELECT count(*)::int FROM wanted) AS wanted,
    (SELECT max(occurred_at) FROM wanted) AS until`,
);

/** Queues again what happened since, by the id that an event of that time would have; at most `most`. */
export async function queueReplay(
  db: TenantHandle,
  values: { webhookId: string; consumer: string; from: string; most: number },
): Promise<{ queued: number; wanted: number; until: Date | null }> {
  return (await db.query<{ queued: number; wanted: number; until: Date | null }>(replay, values))[0]!;
}

const list = read(
  'deliveries.list',
  sql`
  SELECT ${COLUMNS} FROM webhook_deliveries
   WHERE webhook_id = :webhookId AND (:status::text IS NULL OR status = :status)
     AND (:after::uuid IS NULL OR number < (SELECT a.number FROM webhook_deliveries a WHERE a.id = :after))
   ORDER BY number DESC LIMIT :most`,
);

/** Newest first. */
export async function listDeliveries(
  db: TenantHandle,
  values: { webhookId: string; status: string | null; after: string | null; most: number },
): Promise<DeliveryRow[]> {
  return db.query<DeliveryRow>(list, { ...values });
}

const tidy = write(
  'deliveries.tidy',
  sql`
  WITH cancelled AS (
    ${cancelQueued({ from: sql`webhooks w`, where: sql`w.status <> 'active' AND d.queue = w.id AND d.place = 'arrived'` })}
  ), old AS (
    (SELECT id FROM webhook_deliveries WHERE closed_at < now() - :keep::interval LIMIT :most)
    UNION
    (SELECT d.id FROM webhooks w, LATERAL (SELECT id FROM webhook_deliveries WHERE webhook_id = w.id AND closed_at < now() LIMIT :most) d
      WHERE w.status = 'deleted')
  ), gone AS (
    DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1
  ), finished AS (
    DELETE FROM webhooks w WHERE w.status = 'deleted' AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id)
  )
  SELECT count(*)::int AS gone FROM gone`,
);

/** Forgets deliveries that ended long ago, and webhooks that were deleted; cancels what was queued while its webhook was disabled. */
export async function forgetOldDeliveries(db: TenantHandle, keep: string, most: number): Promise<void> {
  await db.query(tidy, { keep, most });
}
