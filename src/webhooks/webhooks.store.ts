import type { WebhookSignatureScheme } from '../crypto/webhook-signature.js';
import { read, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { cancelQueued } from './delivery.transition.js';

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly types: string[];
  readonly signature: WebhookSignatureScheme;
  readonly secret_sealed: Buffer;
  readonly previous_secret_until: Date | null;
  readonly status: 'active' | 'disabled';
  readonly disabled_because: 'operator' | 'gone' | 'failing' | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
}

const COLUMNS = sql`id, url, description, types, signature, secret_sealed,
  CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
    failing_since, created_at`;

// The consumer begins no later than its first webhook, also where no worker has run yet.
const create = write(
  'webhooks.create',
  sql`
  WITH started AS (
    INSERT INTO event_consumers (name, xid, sequence)
    SELECT :consumer, (pg_snapshot_xmin(log_snapshot())::text::numeric - 1)::text::xid8, 4611686018427387904
     WHERE NOT EXISTS (SELECT FROM event_consumers WHERE name = :consumer)
    ON CONFLICT DO NOTHING
  ), created AS (
    INSERT INTO webhooks (id, url, description, types, signature, secret_sealed, created_by)
    SELECT :id::uuid, :url, :description, :types::text[], :signature, :secretSealed::bytea, :author
     WHERE (SELECT count(*) FROM webhooks WHERE status <> 'deleted') < :most::int
    RETURNING *
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('webhook.created', sql`id`, { types: sql`types`, by: sql`:author::text` })} FROM created
  )
  SELECT ${COLUMNS} FROM created`,
);

/** Null where the tenant has `most` already. */
export async function createWebhook(
  db: TenantHandle,
  values: {
    id: string;
    url: string;
    description: string | null;
    types: readonly string[];
    signature: WebhookSignatureScheme;
    secretSealed: Buffer;
    author: string;
    most: number;
    consumer: string;
  },
): Promise<WebhookRow | null> {
  return (await db.query<WebhookRow>(create, { ...values }))[0] ?? null;
}

const list = read(
  'webhooks.list',
  sql`SELECT ${COLUMNS} FROM webhooks WHERE status <> 'deleted' AND (:after::uuid IS NULL OR id > :after) ORDER BY id LIMIT :most`,
);

export async function listWebhooks(db: TenantHandle, after: string | null, most: number): Promise<WebhookRow[]> {
  return db.query<WebhookRow>(list, { after, most });
}

const find = read('webhooks.find', sql`SELECT ${COLUMNS} FROM webhooks WHERE id = :id AND status <> 'deleted'`);

export async function findWebhook(db: TenantHandle, id: string): Promise<WebhookRow | null> {
  return (await db.query<WebhookRow>(find, { id }))[0] ?? null;
}

const lock = write('webhooks.lock', sql`SELECT FROM webhooks WHERE id = :id FOR UPDATE`);

/**
 * Waits for whoever queues something for a webhook or records something of it, and keeps others out until this
 * transaction ends. Without it, what is cancelled could miss a delivery that waits behind one that is not missed.
 */
export async function lockWebhook(tx: TenantHandle, id: string): Promise<void> {
  await tx.query(lock, { id });
}

// What waits is tried again at once after a change of address or after being enabled.
const change = write(
  'webhooks.change',
  sql`
  WITH changed AS (
    UPDATE webhooks SET
      url = coalesce(:url, url), description = coalesce(:description, description), types = coalesce(:types, types),
      status = coalesce(:status, status),
      disabled_because = CASE coalesce(:status, status) WHEN 'disabled' THEN coalesce(disabled_because, 'operator') END,
      active_from = CASE WHEN status = 'disabled' AND :status = 'active' THEN log_xact_id() ELSE active_from END,
      failing_since = CASE WHEN :url IS NULL AND :status IS DISTINCT FROM 'active' THEN failing_since END,
      failing_told_at = CASE WHEN :url IS NULL AND :status IS DISTINCT FROM 'active' THEN failing_told_at END
     WHERE id = :id AND status <> 'deleted'
    RETURNING *
  ), cancelled AS (
    ${cancelQueued({ from: sql`changed c`, where: sql`d.queue = c.id AND d.subject >= '' AND c.status = 'disabled'` })}
  ), hurried AS (
    UPDATE webhook_deliveries d SET next_attempt_at = now()
      FROM changed c WHERE d.queue = c.id AND d.subject >= '' AND d.place = 'head' AND c.status = 'active' AND :url::text IS NOT NULL
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('webhook.changed', sql`id`, { status: sql`status`, types: sql`types`, by: sql`:author::text` })} FROM changed
  )
  SELECT ${COLUMNS} FROM changed`,
);

/** Changes what is not null, under the webhook's lock. Null where there is no such webhook. */
export async function changeWebhook(
  db: TenantHandle,
  values: {
    id: string;
    url: string | null;
    description: string | null;
    types: readonly string[] | null;
    status: 'active' | 'disabled' | null;
    author: string;
  },
): Promise<WebhookRow | null> {
  return (await db.query<WebhookRow>(change, { ...values }))[0] ?? null;
}

// What is delivered to it stays listed nowhere, and is tidied away later; its secrets go at once.
const remove = write(
  'webhooks.remove',
  sql`
  WITH removed AS (
    UPDATE webhooks SET status = 'deleted', disabled_because = NULL, secret_sealed = '', previous_secret_sealed = NULL,
      previous_secret_until = NULL
     WHERE id = :id AND status <> 'deleted' RETURNING id
  ), cancelled AS (
    ${cancelQueued({ from: sql`removed`, where: sql`d.queue = removed.id AND d.subject >= ''` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('webhook.deleted', sql`id`, { by: sql`:author::text` })} FROM removed
  )
  SELECT id FROM removed`,
);

/** Under the webhook's lock. False where there is no such webhook. */
export async function removeWebhook(db: TenantHandle, id: string, author: string): Promise<boolean> {
  return (await db.query(remove, { id, author })).length === 1;
}

const rotate = write(
  'webhooks.rotate',
  sql`
  WITH rotated AS (
    UPDATE webhooks SET previous_secret_sealed = secret_sealed, previous_secret_until = now() + :overlap::interval,
      secret_sealed = :secretSealed
     WHERE id = :id AND status <> 'deleted' AND secret_sealed = :current RETURNING *
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('webhook.rotated', sql`id`, { by: sql`:author::text` })} FROM rotated
  )
  SELECT ${COLUMNS} FROM rotated`,
);

/** Null where the secret is no longer `current`: two rotations at once would leave one that nobody was given. */
export async function rotateSecret(
  db: TenantHandle,
  values: { id: string; current: Buffer; secretSealed: Buffer; overlap: string; author: string },
): Promise<WebhookRow | null> {
  return (await db.query<WebhookRow>(rotate, { ...values }))[0] ?? null;
}

const tell = write(
  'webhooks.tellFailing',
  sql`
  WITH told AS (
    UPDATE webhooks SET failing_told_at = now() WHERE id = :id AND status = 'active' AND failing_since IS NOT NULL
      AND failing_told_at IS NULL RETURNING id, failing_since
  )
  INSERT INTO events (type, about, about_id, data)
  SELECT ${eventRow('webhook.failing', sql`id`, {
    since: sql`failing_since`,
    disabledAfter: sql`failing_since + :disableAfter::interval`,
  })} FROM told
  RETURNING id`,
);

/** Says once that an endpoint has been failing. */
export async function tellFailing(db: TenantHandle, id: string, disableAfter: string): Promise<void> {
  await db.query(tell, { id, disableAfter });
}

const disable = write(
  'webhooks.disable',
  sql`
  WITH disabled AS (
    UPDATE webhooks SET status = 'disabled', disabled_because = :because WHERE id = :id AND status = 'active' RETURNING id, failing_since
  ), cancelled AS (
    ${cancelQueued({ from: sql`disabled`, where: sql`d.queue = disabled.id AND d.subject >= ''` })}
  )
  INSERT INTO events (type, about, about_id, data)
  SELECT ${eventRow('webhook.disabled', sql`id`, { because: sql`:because::text`, failingSince: sql`failing_since` })}
    FROM disabled
  RETURNING id`,
);

/** Under the webhook's lock, disables an endpoint that is active; what waited for it is cancelled, and can be replayed. */
export async function disableWebhook(db: TenantHandle, id: string, because: 'gone' | 'failing'): Promise<void> {
  await db.query(disable, { id, because });
}
