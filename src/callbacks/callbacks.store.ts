import { liveCall } from '../calls/call.transition.js';
import { type Fragment, read, sql, type Statement, write } from '../database/sql.js';
import { eventData, eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { CallbackStatus } from './callback.machine.js';
import { claimDue, closedCallbacks, closeUnfinished, lapsedClaims, statusNow, unheld } from './callback.transition.js';

export interface CallbackRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly change_id: string | null;
  readonly about: string | null;
  readonly key_id: string;
  readonly reason_sealed: Buffer;
  readonly not_by: string[];
  readonly about_sealed: Buffer | null;
  readonly requested_by: string;
  readonly asked_during_call: boolean;
  readonly priority: number;
  readonly status: CallbackStatus;
  readonly requested_at: Date;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly due_at: Date;
  readonly attempts: number;
  readonly claimed_by: string | null;
  readonly claimed_by_name: string | null;
  readonly claimed_until: Date | null;
  readonly call_id: string | null;
  readonly verified_via: 'app' | 'offline_code' | 'spoken' | null;
  readonly closed_at: Date | null;
  readonly external_id: string | null;
  readonly external_system: string | null;
  readonly now: Date;
}

const STATUS = statusNow(sql`callbacks`);

const COLUMNS = sql`id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
  asked_during_call, priority, ${STATUS} AS status,
  requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
    external_id, external_system, now() AS now`;

// On file before the request, and old enough by then; a number that was replaced since the request still counts, a newer one never does.
const ELIGIBLE = sql`p.kind = 'phone' AND p.since <= c.on_file_before AND (p.former_from IS NULL OR p.former_from > c.requested_at)`;

const facts = read(
  'callbacks.facts',
  sql`
  SELECT now() AS now,
         EXISTS (SELECT FROM contact_points p WHERE p.customer_id = :customerId AND p.kind = 'phone' AND p.former_from IS NULL
                    AND p.since <= now() - make_interval(secs => :contactAgeSeconds)) AS has_old_number`,
);

/** The database's time, and whether a number on file is old enough to be rung. */
export async function readCallbackFacts(
  db: TenantHandle,
  customerId: string,
  contactAgeSeconds: number,
): Promise<{ now: Date; has_old_number: boolean }> {
  const [row] = await db.query<{ now: Date; has_old_number: boolean }>(facts, { customerId, contactAgeSeconds });
  return row!;
}

export interface CallbackToQueue {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly changeId: string | null;
  /** What it is said to be about, as it was given. It is kept where it is that customer's. */
  readonly about: string | null;
  readonly aboutId: string | null;
  readonly reasonSealed: Buffer;
  readonly aboutSealed: Buffer | null;
  readonly notBy: readonly string[];
  readonly requestedBy: string;
  readonly priority: number;
  readonly contactAgeSeconds: number;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dueAt: Date;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
}

const queue = write(
  'callbacks.queue',
  sql`
  WITH queued AS (
    INSERT INTO callbacks (id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
      asked_during_call, priority,
                           on_file_before, not_before, not_after, due_at, external_id, external_system)
    SELECT :id, :reference, c.id, :changeId::uuid,
           CASE WHEN EXISTS (SELECT FROM calls WHERE id = :aboutId::uuid AND customer_id = c.id AND :about LIKE 'call\\_%')
             OR EXISTS (SELECT FROM changes WHERE id = :aboutId AND customer_id = c.id AND :about LIKE 'chg\\_%')
                  OR EXISTS (SELECT FROM reports WHERE id = :aboutId AND customer_id = c.id
                    AND :about LIKE 'rpt\\_%') THEN :about::text END, :keyId, :reasonSealed, :aboutSealed, :notBy, :requestedBy,
           EXISTS (SELECT FROM calls k WHERE k.customer_id = c.id AND ${liveCall(sql`k`)}),
           :priority, now() - make_interval(secs => :contactAgeSeconds), :notBefore, :notAfter, :dueAt,
           :externalId, :externalSystem
      FROM customers c WHERE c.id = :customerId AND c.key_id = :keyId
    RETURNING ${COLUMNS}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('callback.queued', sql`id, customer_id`, {
      reference: sql`reference`,
      dueAt: sql`due_at`,
      askedDuringCall: sql`asked_during_call`,
      about: sql`about`,
      by: sql`:requestedBy::text`,
    })}
      FROM queued
  )
  SELECT * FROM queued`,
);

/** Queues a callback; null where the customer was shredded meanwhile. */
export async function queueCallback(db: TenantHandle, callback: CallbackToQueue): Promise<CallbackRow | null> {
  const [row] = await db.query<CallbackRow>(queue, { ...callback });
  return row ?? null;
}

export type CallbackWithKeyRow = CallbackRow & { customer_key_id: string | null; wrapped_key: Buffer | null };

const byId = read(
  'callbacks.byId',
  sql`
  SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT ${COLUMNS} FROM callbacks WHERE id = :id) b
    LEFT JOIN customers c ON c.id = b.customer_id`,
);

export async function findCallback(db: TenantHandle, id: string): Promise<CallbackWithKeyRow | null> {
  const [row] = await db.query<CallbackWithKeyRow>(byId, { id });
  return row ?? null;
}

const byReference = read('callbacks.byReference', sql`SELECT ${COLUMNS} FROM callbacks WHERE reference = :reference`);

export async function findCallbackByReference(db: TenantHandle, reference: string): Promise<CallbackRow | null> {
  const [row] = await db.query<CallbackRow>(byReference, { reference });
  return row ?? null;
}

const openQueue = read(
  'callbacks.openQueue',
  sql`
  SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
    SELECT ${COLUMNS} FROM callbacks
     WHERE closed_at IS NULL AND (:status::text IS NULL OR ${STATUS} = :status)
       AND (:afterId::uuid IS NULL OR (-priority, due_at, id) > (SELECT -a.priority, a.due_at, a.id FROM callbacks a WHERE a.id = :afterId))
     ORDER BY priority DESC, due_at, id LIMIT :most) b LEFT JOIN customers c ON c.id = b.customer_id
   ORDER BY b.priority DESC, b.due_at, b.id`,
);

/** Open callbacks as they should be worked: by priority, then by due time. */
export async function listOpenCallbacks(
  db: TenantHandle,
  values: { status: string | null; afterId: string | null; most: number },
): Promise<CallbackWithKeyRow[]> {
  return db.query<CallbackWithKeyRow>(openQueue, values);
}

const historyFrom = <Name extends string>(name: Name, whose: Fragment): Statement<`callbacks.${Name}`> =>
  read(
    `callbacks.${name}`,
    sql`
  SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
    SELECT ${COLUMNS} FROM callbacks
     WHERE ${whose} AND (:status::text IS NULL OR ${STATUS} = :status) AND (:afterId::uuid IS NULL OR id < :afterId)
     ORDER BY id DESC LIMIT :most) b LEFT JOIN customers c ON c.id = b.customer_id ORDER BY b.id DESC`,
  );

const historyOfAll = historyFrom('history', sql`true`);
const historyOfOne = historyFrom('historyOfCustomer', sql`customer_id = :customerId`);
const historyByExternalId = historyFrom(
  'historyByExternalId',
  sql`external_id = :externalId AND (:externalSystem::text IS NULL OR external_system = :externalSystem)
       AND (:customerId::text IS NULL OR customer_id = :customerId)`,
);

export interface CallbackListQuery {
  readonly status: string | null;
  readonly customerId: string | null;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
}

/** Callbacks of any status, newest first. */
export async function listCallbacks(
  db: TenantHandle,
  values: CallbackListQuery & { afterId: string | null; most: number },
): Promise<CallbackWithKeyRow[]> {
  if (values.externalId !== null) return db.query<CallbackWithKeyRow>(historyByExternalId, values);
  return db.query<CallbackWithKeyRow>(values.customerId === null ? historyOfAll : historyOfOne, values);
}

const numbers = read(
  'callbacks.numbers',
  sql`
  SELECT p.id AS contact_point_id, p.value_sealed FROM callbacks c JOIN contact_points p ON p.customer_id = c.customer_id AND ${ELIGIBLE}
   WHERE c.id = :id ORDER BY p.since, p.id LIMIT 50`,
);

export interface NumberRow {
  readonly contact_point_id: string;
  readonly value_sealed: Buffer;
}

/** The numbers that a callback may go to, those that were on file before the request, the oldest first. */
export async function findCallbackNumbers(db: TenantHandle, id: string): Promise<NumberRow[]> {
  return db.query<NumberRow>(numbers, { id });
}

const claim = write(
  'callbacks.claim',
  sql`
  WITH before AS (
    SELECT id, call_id, status, claimed_by FROM callbacks WHERE id = :id FOR UPDATE
  ), claimed AS (
    ${claimDue({
      before: sql`before`,
      where: sql`EXISTS (SELECT FROM contact_points p WHERE p.id = :contactPointId AND p.customer_id = c.customer_id AND ${ELIGIBLE})`,
    })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${lapsedClaims(sql`claimed`)}
    UNION ALL
    SELECT ${eventRow('callback.claimed', sql`id, customer_id, NULL`, {
      by: sql`:agentId::text`,
      numberSignals: sql`:signals::jsonb`,
    })} FROM claimed
    UNION ALL
    SELECT ${eventRow('contact.revealed', sql`id, customer_id, NULL`, {
      contactPoint: sql`:contactPointId::text`,
      to: sql`:agentId::text`,
    })} FROM claimed
  )
  SELECT lapsed_call_id FROM claimed`,
);

export interface ClaimToMake {
  readonly id: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly claimSeconds: number;
  readonly contactPointId: string;
  readonly signals: object | null;
}

/** Claims a due callback for one agent; null where it cannot be claimed now. Names the call of a claim that had lapsed. */
export async function claimCallback(
  db: TenantHandle,
  toMake: ClaimToMake,
): Promise<{ lapsed_call_id: string | null } | null> {
  const [row] = await db.query<{ lapsed_call_id: string | null }>(claim, {
    ...toMake,
    signals: JSON.stringify(toMake.signals),
  });
  return row ?? null;
}

const giveUp = write(
  'callbacks.giveUp',
  sql`
  WITH given_up AS (
    ${closeUnfinished('unreachable', { where: sql`b.id = :id AND ${unheld(sql`b`)}` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedCallbacks(
      sql`given_up`,
      eventData('callback.unreachable', { because: sql`:because::text`, numberSignals: sql`:signals::jsonb` }),
    )}
  )
  SELECT lapsed_call_id FROM given_up`,
);

/** Closes a callback whose number cannot be trusted or is gone, unless an agent has claimed it meanwhile. Returns the call of a claim that had lapsed. */
export async function giveUpCallback(
  db: TenantHandle,
  values: { id: string; because: string; signals: object | null },
): Promise<string | null> {
  const [row] = await db.query<{ lapsed_call_id: string | null }>(giveUp, {
    ...values,
    signals: JSON.stringify(values.signals),
  });
  return row?.lapsed_call_id ?? null;
}
