import { type Fragment, literal, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow, eventType } from '../events/event-row.js';
import { type HandingOn, handingOn } from '../events/handing-on.js';
import { openQuestion } from '../verifications/verification.transition.js';

/** A job for each subscription and purpose: `now` for what has just been wanted, `later` for the next attempt. */
const addJob = (runAt: Fragment, purpose: 'now' | 'later'): Fragment =>
  sql`graphile_worker.add_job('push.send', json_build_object('tenantId', :tenantId::text, 'subscriptionId', id), run_at => ${runAt},
    job_key => ${literal(`push.send/${purpose}/`)} || :tenantId || '/' || id, max_attempts => 3)`;

const want = write(
  'push.want',
  handingOn(
    sql`type, customer_id`,
    sql`asked AS (
    SELECT DISTINCT e.customer_id FROM next e WHERE e.type = ${eventType('verification.started')}
  ), wanted AS (
    UPDATE push_subscriptions s SET wanted = s.wanted + 1, attempts = 0, next_attempt_at = now()
      FROM asked WHERE s.customer_id = asked.customer_id
    RETURNING s.id
  )`,
    sql`(SELECT count(${addJob(sql`now()`, 'now')}) FROM wanted) AS added`,
  ),
);

/**
 * Lets the subscriptions of customers be pushed to who were asked something by what comes next: one push each, however many
 * questions. Says how many events these were.
 */
export async function wantPushes(db: TenantHandle, next: HandingOn): Promise<number> {
  return (await db.query<{ events: number; added: string }>(want, { tenantId: db.tenantId }, next))[0]!.events;
}

/** A push that is to be sent now. */
export interface DuePush {
  readonly customer_id: string;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly sealed_under: string;
  readonly address_sealed: Buffer;
  readonly wanted: string;
  readonly attempts: number;
  /** How long the newest question still waits; null where none does. */
  readonly seconds_left: number | null;
  readonly now_seconds: number;
}

// Before it is sent, the next look is set: it finds nothing to do, unless this process dies meanwhile.
const take = write(
  'push.take',
  sql`
  WITH taken AS (
    UPDATE push_subscriptions s SET attempts = s.attempts + 1, next_attempt_at = now() + :lease::interval
     WHERE s.id = :id AND s.served < s.wanted AND s.next_attempt_at <= now()
    RETURNING s.id, s.customer_id, s.key_id, s.address_sealed, s.wanted, s.attempts, s.next_attempt_at
  ), again AS (
    SELECT count(${addJob(sql`taken.next_attempt_at`, 'later')}) AS added FROM taken
  )
  SELECT t.customer_id, c.key_id, c.wrapped_key, t.key_id AS sealed_under, t.address_sealed, t.wanted, t.attempts,
         extract(epoch FROM now())::float8 AS now_seconds,
         (SELECT floor(extract(epoch FROM max(v.expires_at) - now()))::int FROM verifications v
           WHERE v.customer_id = t.customer_id AND v.customer_id > '' AND ${openQuestion(sql`v`)}) AS seconds_left
    FROM again, taken t JOIN customers c ON c.id = t.customer_id`,
);

/** Takes a push up; null where none is due, or somebody else has it. */
export async function takePush(db: TenantHandle, values: { id: string; lease: string }): Promise<DuePush | null> {
  const [row] = await db.query<DuePush>(take, { tenantId: db.tenantId, ...values });
  return row ?? null;
}

const serve = write(
  'push.serve',
  sql`UPDATE push_subscriptions SET served = :wanted WHERE id = :id AND served < :wanted`,
);

/** What was wanted up to then is done with: sent, or of no use any more. */
export async function servePush(db: TenantHandle, values: { id: string; wanted: string }): Promise<void> {
  await db.query(serve, values);
}

const retry = write(
  'push.retry',
  sql`
  WITH due AS (
    UPDATE push_subscriptions SET next_attempt_at = now() + :waitMs::bigint * interval '1 ms'
     WHERE id = :id AND served < wanted AND wanted = :wanted RETURNING id, next_attempt_at
  )
  SELECT count(${addJob(sql`due.next_attempt_at`, 'later')}) AS added FROM due`,
);

/** Lets a push that failed be tried again, unless another has been wanted since. */
export async function retryPush(
  db: TenantHandle,
  values: { id: string; wanted: string; waitMs: number },
): Promise<void> {
  await db.query(retry, { tenantId: db.tenantId, ...values });
}

const drop = write(
  'push.drop',
  sql`
  WITH gone AS (
    DELETE FROM push_subscriptions WHERE id = :id AND address_sealed = :addressSealed RETURNING customer_id, kind
  )
  INSERT INTO events (type, about, customer_id, data)
  SELECT ${eventRow('push.unsubscribed', sql`customer_id`, { kind: sql`kind`, because: sql`'gone'` })} FROM gone`,
);

/** Removes a subscription that its service says is of nobody any more, unless it was renewed meanwhile. */
export async function dropGone(db: TenantHandle, values: { id: string; addressSealed: Buffer }): Promise<void> {
  await db.query(drop, values);
}
