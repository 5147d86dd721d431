import { openCallback } from '../callbacks/callback.transition.js';
import { read, sql, write } from '../database/sql.js';
import { eventRow, typeByStatus } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { closedQuestions, closeWaiting, openQuestion } from '../verifications/verification.transition.js';
import { CLOSE_AS_DECIDED, DISPUTE } from './change.transition.js';
import type { ChangeRow } from './changes.store.js';
import { openLetter, voidedLetters, voidUnspent } from './letter.transition.js';

const COLUMNS = sql`ch.id, ch.reference, ch.customer_id, ch.subject, ch.asked_through, ch.asked_by, ch.key_id, ch.details_sealed,
  ch.at_risk_amount, ch.at_risk_currency, ch.rules, ch.policy_version, ch.status,
  ch.requested_at, ch.expires_at, ch.approved_by, ch.approved_at, ch.closed_at, ch.released_at, ch.disputed_at, ch.refused_because,
    ch.checks, ch.findings, ch.external_id, ch.external_system, clock_timestamp() AS now`;

const lock = write('changes.lock', sql`SELECT 1 FROM changes WHERE id = :id FOR UPDATE`);

/** Waits for every answer, callback and letter that is being recorded about a change, and lets none in until the transaction ends. */
export async function lockChange(db: TenantHandle, id: string): Promise<void> {
  await db.query(lock, { id });
}

/** A change with every proof and denial that is on record. */
export interface SettlementRow extends ChangeRow {
  readonly app_at: Date | null;
  readonly app_device_enrolled_at: Date | null;
  readonly app_waiting: boolean;
  readonly denial: string | null;
  readonly callback_at: Date | null;
  readonly callback_by: string | null;
  readonly callback_via: 'app' | 'offline_code' | 'spoken' | null;
  readonly callback_number_since: Date | null;
  readonly callback_open: boolean;
  readonly letter_at: Date | null;
  readonly letter_open: boolean;
}

const facts = read(
  'changes.facts',
  sql`
  SELECT ${COLUMNS}, app.closed_at AS app_at, app.enrolled_at AS app_device_enrolled_at,
         EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.kind = 'change' AND ${openQuestion(sql`v`)}) AS app_waiting,
         coalesce((SELECT CASE WHEN 'relay_suspected' = ANY(v.findings) THEN 'relay_suspected' ELSE v.status END FROM verifications v
           WHERE v.change_id = ch.id AND v.status IN ('denied', 'reported') ORDER BY v.closed_at LIMIT 1),
                  (SELECT 'declined' FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'declined' LIMIT 1)) AS denial,
         cb.closed_at AS callback_at, cb.closed_by AS callback_by, cb.verified_via AS callback_via, cb.since AS callback_number_since,
         EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND ${openCallback(sql`b`)}) AS callback_open,
         (SELECT min(l.used_at) FROM letters l WHERE l.change_id = ch.id) AS letter_at,
         EXISTS (SELECT FROM letters l WHERE l.change_id = ch.id AND ${openLetter(sql`l`)}) AS letter_open
    FROM changes ch
    LEFT JOIN LATERAL (
      SELECT v.closed_at, d.enrolled_at FROM verifications v LEFT JOIN devices d ON d.id = v.device_id
       WHERE v.change_id = ch.id AND v.kind = 'change' AND v.status = 'confirmed' ORDER BY v.closed_at LIMIT 1) app ON true
    LEFT JOIN LATERAL (
      SELECT b.closed_at, b.closed_by, b.verified_via, p.since FROM callbacks b LEFT JOIN contact_points p ON p.id = b.contact_point_id
       WHERE b.change_id = ch.id AND b.status = 'verified' ORDER BY b.closed_at LIMIT 1) cb ON true
   WHERE ch.id = ANY(:ids) ORDER BY ch.id DESC`,
);

/** Changes with all that decides what becomes of them, newest first. */
export async function readSettlements(db: TenantHandle, ids: readonly string[]): Promise<SettlementRow[]> {
  return db.query<SettlementRow>(facts, { ids });
}

const close = write(
  'changes.close',
  sql`
  WITH closed AS (
    ${CLOSE_AS_DECIDED}
  ), cancelled AS (
    ${closeWaiting('cancel', { from: sql`closed`, where: sql`v.change_id = closed.id` })}
  ), voided AS (
    ${voidUnspent({ from: sql`closed`, where: sql`l.change_id = closed.id` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedQuestions(sql`cancelled`, 'change_closed')}
    UNION ALL
    ${voidedLetters(sql`voided`, 'change_closed')}
    UNION ALL
    SELECT ${eventRow(
      typeByStatus('change', ['released', 'refused', 'withdrawn', 'expired'], sql`:status`),
      sql`id, customer_id, NULL`,
      {
        subject: sql`subject`,
        reference: sql`reference`,
        because: sql`:because::text`,
        by: sql`:author::text`,
        tellContactPoints: sql`(SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = closed.customer_id)`,
        tellNewContact: sql`subject IN ('phone_number', 'postal_address', 'email')`,
      },
      sql`:tell::jsonb`,
    )}
      FROM closed
  )
  SELECT id FROM closed`,
);

export interface ChangeToClose {
  readonly id: string;
  readonly status: 'released' | 'refused' | 'withdrawn' | 'expired';
  readonly because: string | null;
  readonly author: string | null;
  readonly tell: object;
}

/** Closes a held change and takes back what still waits about it; false where it was not held any more. */
export async function closeChange(db: TenantHandle, change: ChangeToClose): Promise<boolean> {
  return (await db.query(close, { ...change, tell: JSON.stringify(change.tell) })).length === 1;
}

const dispute = write(
  'changes.dispute',
  sql`
  WITH disputed AS (
    ${DISPUTE}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('change.disputed', sql`id, customer_id`, {
      subject: sql`subject`,
      reference: sql`reference`,
      releasedAt: sql`released_at`,
    })} FROM disputed
  )
  SELECT id FROM disputed`,
);

/** Marks a released change as disputed, within 13 months (PSD2, Directive (EU) 2015/2366, article 71); false otherwise. */
export async function disputeReleasedChange(db: TenantHandle, id: string): Promise<boolean> {
  return (await db.query(dispute, { id })).length === 1;
}

const heldOf = read(
  'changes.heldOf',
  sql`SELECT id FROM changes WHERE customer_id = :customerId AND status = 'held' ORDER BY id`,
);

/** Ids of a customer's held changes, oldest first. */
export async function listHeldChanges(db: TenantHandle, customerId: string): Promise<string[]> {
  return (await db.query<{ id: string }>(heldOf, { customerId })).map((row) => row.id);
}

// Only what may have a step to take: a denial, a lapse, or nothing left to wait for. The decision is taken afterwards, on the locked row.
const due = read(
  'changes.due',
  sql`
  SELECT ch.id FROM changes ch
   WHERE ch.status = 'held' AND (:after::uuid IS NULL OR ch.id > :after) AND (
         ch.expires_at <= now()
      OR EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.status IN ('denied', 'reported'))
      OR EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'declined')
      OR (ch.requested_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)
          AND (NOT ch.rules -> 'proofs' ? 'app'
           OR EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.kind = 'change' AND v.status = 'confirmed'
             AND v.closed_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
          AND (NOT ch.rules -> 'proofs' ? 'callback'
           OR EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'verified'
             AND b.closed_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
          AND (NOT ch.rules -> 'proofs' ? 'letter'
            OR EXISTS (SELECT FROM letters l WHERE l.change_id = ch.id
              AND l.used_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
          AND (NOT ch.rules -> 'proofs' ? 'second_agent'
            OR ch.approved_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int))))
   ORDER BY ch.id LIMIT :most`,
);

/** Held changes that may have a step to take now, in pages by id. */
export async function listDueChanges(db: TenantHandle, after: string | null, most: number): Promise<string[]> {
  return (await db.query<{ id: string }>(due, { after, most })).map((row) => row.id);
}
