import type { EventRow } from '../events/event.js';
import { type Fragment, read, readAlsoAtReplica, sql } from '../database/sql.js';
import { eventType } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { VerificationKind } from '../verifications/display.js';

const snapshot = read('evidence.snapshot', sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`);

/** Makes all that a transaction reads from now on be of one moment; its first statement. */
export async function readAsOfNow(tx: TenantHandle): Promise<void> {
  await tx.query(snapshot, {});
}

export interface EvidenceVerificationRow {
  readonly id: string;
  readonly customer_id: string;
  readonly kind: VerificationKind;
  readonly status: string;
  readonly call_id: string | null;
  readonly direction: string | null;
  readonly key_id: string;
  readonly display_sealed: Buffer;
  readonly display_time: Date | null;
  readonly challenge: string;
  readonly asks: string[];
  readonly attempts_used: number;
  readonly attempts_allowed: number;
  readonly policy_version: number;
  readonly started_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly closed_at: Date | null;
  readonly answer: string | null;
  readonly answer_reason: string | null;
  readonly answer_sealed: Buffer | null;
  readonly handset: object | null;
  readonly findings: string[];
  readonly device_id: string | null;
  readonly public_key: object | null;
  readonly key_thumbprint: string | null;
  readonly platform: string | null;
  readonly enrolled_at: Date | null;
  readonly revoked_at: Date | null;
  readonly credential_id: string | null;
  readonly rp_id: string | null;
}

const verifications = readAlsoAtReplica(
  'evidence.verifications',
  sql`
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge, v.asks,
    v.attempts_used, v.attempts_allowed,
         v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.answer, v.answer_reason, v.answer_sealed, v.handset,
           v.findings, v.device_id,
         d.public_key, d.key_thumbprint, d.platform, d.enrolled_at, d.revoked_at, d.credential_id, d.rp_id
    FROM verifications v LEFT JOIN devices d ON d.id = v.device_id
   WHERE v.id = :id::uuid OR v.change_id = :changeId::uuid ORDER BY v.id LIMIT 200`,
);

/** One verification, or every one about a change. */
export async function readVerifications(
  tx: TenantHandle,
  what: { id: string | null; changeId: string | null },
): Promise<EvidenceVerificationRow[]> {
  return tx.query<EvidenceVerificationRow>(verifications, what);
}

export interface EvidenceChangeRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly subject: string;
  readonly asked_through: string;
  readonly asked_by: string;
  readonly key_id: string;
  readonly details_sealed: Buffer;
  readonly at_risk_amount: string | null;
  readonly at_risk_currency: string | null;
  readonly rules: object;
  readonly policy_version: number;
  readonly status: string;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly closed_at: Date | null;
  readonly released_at: Date | null;
  readonly disputed_at: Date | null;
  readonly refused_because: string | null;
  readonly checks: object;
}

const change = readAlsoAtReplica(
  'evidence.change',
  sql`
  SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount, at_risk_currency, rules,
    policy_version, status, requested_at, expires_at,
         approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks FROM changes WHERE id = :id`,
);

export async function readChange(tx: TenantHandle, id: string): Promise<EvidenceChangeRow | null> {
  const [row] = await tx.query<EvidenceChangeRow>(change, { id });
  return row ?? null;
}

export interface EvidenceCallbackRow {
  readonly id: string;
  readonly reference: string;
  readonly status: string;
  readonly requested_at: Date;
  readonly attempts: number;
  readonly claimed_by: string | null;
  readonly claimed_at: Date | null;
  readonly call_id: string | null;
  readonly verified_via: string | null;
  readonly closed_by: string | null;
  readonly closed_at: Date | null;
  readonly number_since: Date | null;
}

const callbacks = readAlsoAtReplica(
  'evidence.callbacks',
  sql`
  SELECT b.id, b.reference, b.status, b.requested_at, b.attempts, b.claimed_by, b.claimed_at, b.call_id, b.verified_via, b.closed_by,
    b.closed_at, p.since AS number_since
    FROM callbacks b LEFT JOIN contact_points p ON p.id = b.contact_point_id WHERE b.change_id = :changeId ORDER BY b.id LIMIT 200`,
);

/** Every callback about a change; the number that was rung by its age alone. */
export async function readCallbacks(tx: TenantHandle, changeId: string): Promise<EvidenceCallbackRow[]> {
  return tx.query<EvidenceCallbackRow>(callbacks, { changeId });
}

export interface EvidenceLetterRow {
  readonly issued_by: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly voided_at: Date | null;
}

const letters = readAlsoAtReplica(
  'evidence.letters',
  sql`SELECT issued_by, issued_at, expires_at, used_at, voided_at FROM letters WHERE change_id = :changeId ORDER BY id LIMIT 200`,
);

export async function readLetters(tx: TenantHandle, changeId: string): Promise<EvidenceLetterRow[]> {
  return tx.query<EvidenceLetterRow>(letters, { changeId });
}

export interface EvidenceCallRow {
  readonly id: string;
  readonly reference: string;
  readonly direction: string;
  readonly line: string | null;
  readonly key_id: string;
  readonly purpose_sealed: Buffer;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly agent_department: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly relay_suspected_at: Date | null;
}

const calls = readAlsoAtReplica(
  'evidence.calls',
  sql`
  SELECT id, reference, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department, started_at, ended_at,
    relay_suspected_at FROM calls WHERE id = ANY(:ids) ORDER BY id`,
);

export async function readCalls(tx: TenantHandle, ids: readonly string[]): Promise<EvidenceCallRow[]> {
  return tx.query<EvidenceCallRow>(calls, { ids });
}

const policies = readAlsoAtReplica(
  'evidence.policies',
  sql`SELECT version, document FROM policies WHERE version = ANY(:versions) ORDER BY version`,
);

export async function readPolicies(
  tx: TenantHandle,
  versions: readonly number[],
): Promise<{ version: number; document: object }[]> {
  return tx.query<{ version: number; document: object }>(policies, { versions });
}

export type SealedEventRow = EventRow & { readonly leaf_index: string | null };

const eventsFrom = (table: Fragment): Fragment => sql`
      SELECT * FROM ${table} WHERE customer_id = :customerId
        AND (about_id = ANY(:subjects) OR (about = 'customer' AND type = ${eventType('customer.shredded')}))
      UNION ALL
      SELECT * FROM ${table} WHERE type = ${eventType('policy.changed')} AND data ->> 'version' = ANY(:versions)`;

const events = readAlsoAtReplica(
  'evidence.events',
  sql`
  SELECT e.id, e.xid::text, e.sequence::text, e.type, e.about, e.about_id, e.customer_id, e.call_id, e.data, e.occurred_at,
    l.leaf_index::text
    FROM (${eventsFrom(sql`events`)} UNION ALL ${eventsFrom(sql`kept_events`)}
    ) e LEFT JOIN log_leaves l ON l.event_id = e.id
   ORDER BY e.xid, e.sequence LIMIT 5000`,
);

/** Every event about the given things of a customer, and of the given policies, each with its leaf where it is sealed. */
export async function readEvents(
  tx: TenantHandle,
  what: { customerId: string; subjects: readonly string[]; versions: readonly number[] },
): Promise<SealedEventRow[]> {
  return tx.query<SealedEventRow>(events, { ...what, versions: what.versions.map(String) });
}

const ofCustomer = (table: Fragment): Fragment => sql`
      SELECT * FROM ${table} WHERE customer_id = :customerId AND occurred_at >= :from AND occurred_at < :to`;

const customerEvents = readAlsoAtReplica(
  'evidence.customerEvents',
  sql`
  SELECT e.id, e.xid::text, e.sequence::text, e.type, e.about, e.about_id, e.customer_id, e.call_id, e.data, e.occurred_at,
    l.leaf_index::text
    FROM (${ofCustomer(sql`events`)} UNION ALL ${ofCustomer(sql`kept_events`)}
    ) e LEFT JOIN log_leaves l ON l.event_id = e.id
   ORDER BY e.xid, e.sequence LIMIT :most`,
);

/** Every event about a customer in a time, each with its leaf where it is sealed. */
export async function readCustomerEvents(
  tx: TenantHandle,
  what: { customerId: string; from: Date; to: Date; most: number },
): Promise<SealedEventRow[]> {
  return tx.query<SealedEventRow>(customerEvents, what);
}

const changesAsked = readAlsoAtReplica(
  'evidence.changesAsked',
  sql`SELECT id, change_id FROM verifications WHERE id = ANY(:ids::uuid[]) AND change_id IS NOT NULL`,
);

/** By the ids of verifications, those of the changes that they are about. */
export async function readChangesAsked(tx: TenantHandle, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; change_id: string }>(changesAsked, { ids });
  return new Map(rows.map(({ id, change_id }) => [id, change_id]));
}
