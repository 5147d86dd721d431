import { HELD_CUSTOMER } from '../customers/customer.transition.js';
import { type Fragment, read, sql, type Statement, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { AskedThrough, ChangeSubject } from '../policy/policy.js';
import {
  startVerification,
  type StartDecision,
  type VerificationToStart,
} from '../verifications/verification-start.store.js';
import type { ChangeRules, ChangeStatus } from './change.policy.js';
import { APPROVE, openChange, RECORD_CHECK } from './change.transition.js';
import type { ChangeFinding } from './change-rules.policy.js';

export interface ChangeRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly subject: ChangeSubject;
  readonly asked_through: AskedThrough;
  readonly asked_by: string;
  readonly key_id: string;
  readonly details_sealed: Buffer;
  readonly at_risk_amount: string | null;
  readonly at_risk_currency: string | null;
  readonly rules: ChangeRules;
  readonly policy_version: number;
  readonly status: ChangeStatus;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly closed_at: Date | null;
  readonly released_at: Date | null;
  readonly disputed_at: Date | null;
  readonly refused_because: string | null;
  readonly checks: Record<string, unknown>;
  readonly findings: ChangeFinding[];
  readonly external_id: string | null;
  readonly external_system: string | null;
  readonly now: Date;
}

const COLUMNS = sql`id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
  at_risk_currency, rules, policy_version, status,
  requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
    external_id, external_system, clock_timestamp() AS now`;

const facts = read(
  'changes.requestFacts',
  sql`
  SELECT EXISTS (SELECT FROM devices d WHERE d.customer_id = :customerId AND d.revoked_at IS NULL
    AND d.enrolled_at <= now() - make_interval(secs => :deviceAgeSeconds)) AS has_trusted_device,
         EXISTS (SELECT FROM contact_points p WHERE p.customer_id = :customerId AND p.kind = 'phone' AND p.former_from IS NULL
                    AND p.since <= now() - make_interval(secs => :contactAgeSeconds)) AS has_old_number`,
);

/** What the customer can prove a change with. */
export async function readRequestFacts(
  db: TenantHandle,
  values: { customerId: string; deviceAgeSeconds: number; contactAgeSeconds: number },
): Promise<{ has_trusted_device: boolean; has_old_number: boolean }> {
  const [row] = await db.query<{ has_trusted_device: boolean; has_old_number: boolean }>(facts, values);
  return row!;
}

export interface ChangeToHold {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly subject: ChangeSubject;
  readonly askedThrough: AskedThrough;
  readonly askedBy: string;
  readonly detailsSealed: Buffer;
  readonly detailsCommitment: string;
  readonly atRiskAmount: number | null;
  readonly atRiskCurrency: string | null;
  readonly rules: ChangeRules;
  readonly findings: readonly ChangeFinding[];
  readonly policyVersion: number;
  readonly expirySeconds: number;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
  readonly tell: object;
}

const CUSTOMER = sql`
  customer AS (
    ${HELD_CUSTOMER}
  )`;

// Old and new contact points are told: whoever took over one of them does not have them all.
const hold = write(
  'changes.hold',
  sql`
  WITH ${CUSTOMER}, held AS (
    INSERT INTO changes (id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
      at_risk_currency, rules, findings, policy_version, external_id, external_system, expires_at)
    SELECT :id, :reference, customer.id, :subject, :askedThrough, :askedBy, :keyId, :detailsSealed, :atRiskAmount, :atRiskCurrency,
      :rules::jsonb, :findings::text[], :policyVersion, :externalId, :externalSystem, now() + make_interval(secs => :expirySeconds)
      FROM customer
    RETURNING ${COLUMNS}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow(
      'change.requested',
      sql`id, customer_id`,
      {
        subject: sql`subject`,
        askedThrough: sql`asked_through`,
        reference: sql`reference`,
        proofs: sql`rules -> 'proofs'`,
        findings: sql`to_jsonb(findings)`,
        policyVersion: sql`policy_version`,
        by: sql`asked_by`,
        detailsCommitment: sql`:detailsCommitment::text`,
        tellContactPoints: sql`(SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = held.customer_id)`,
        tellNewContact: sql`subject IN ('phone_number', 'postal_address', 'email')`,
      },
      sql`:tell::jsonb`,
    )}
      FROM held
  )
  SELECT * FROM held`,
);

/** Holds a change; null where the customer was shredded meanwhile. */
export async function holdChange(db: TenantHandle, change: ChangeToHold): Promise<ChangeRow | null> {
  const [row] = await db.query<ChangeRow>(hold, {
    ...change,
    rules: JSON.stringify(change.rules),
    tell: JSON.stringify(change.tell),
  });
  return row ?? null;
}

const askInApp = write(
  'changes.askInApp',
  sql`
  WITH ${CUSTOMER}, asked AS (
    SELECT NULL::uuid AS call_id, ch.id AS change_id, NULL::text AS direction, ch.requested_at AS display_time
      FROM changes ch, customer WHERE ch.id = :changeId AND ch.customer_id = customer.id AND ${openChange(sql`ch`)} FOR SHARE OF ch
  ), ${startVerification()}
  SELECT EXISTS (SELECT FROM asked) AS held, gate.decision, gate.retry_after FROM (SELECT) one LEFT JOIN gate ON true`,
);

/** Asks the customer in the app about a held change. */
export async function askAboutChange(
  db: TenantHandle,
  values: { changeId: string; customerId: string; keyId: string },
  toStart: VerificationToStart,
): Promise<{ held: boolean; decision: StartDecision | null; retry_after: number | null }> {
  const [row] = await db.query<{ held: boolean; decision: StartDecision | null; retry_after: number | null }>(
    askInApp,
    values,
    toStart,
  );
  return row!;
}

export type ChangeWithKeyRow = ChangeRow & { customer_key_id: string | null; wrapped_key: Buffer | null };

const byId = read(
  'changes.byId',
  sql`
  SELECT ch.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT ${COLUMNS} FROM changes WHERE id = :id) ch
    LEFT JOIN customers c ON c.id = ch.customer_id`,
);

export async function findChange(db: TenantHandle, id: string): Promise<ChangeWithKeyRow | null> {
  const [row] = await db.query<ChangeWithKeyRow>(byId, { id });
  return row ?? null;
}

const byReference = read('changes.byReference', sql`SELECT ${COLUMNS} FROM changes WHERE reference = :reference`);

export async function findChangeByReference(db: TenantHandle, reference: string): Promise<ChangeRow | null> {
  const [row] = await db.query<ChangeRow>(byReference, { reference });
  return row ?? null;
}

const listFrom = <Name extends string>(name: Name, whose: Fragment): Statement<`changes.${Name}`> =>
  read(
    `changes.${name}`,
    sql`
  SELECT id FROM changes
   WHERE ${whose} AND (:status::text IS NULL OR status = :status) AND (:before::uuid IS NULL OR id < :before)
   ORDER BY id DESC LIMIT :most`,
  );

const listAll = listFrom('list', sql`true`);
const listOfOne = listFrom('listOfCustomer', sql`customer_id = :customerId`);
const listByExternalId = listFrom(
  'listByExternalId',
  sql`external_id = :externalId AND (:externalSystem::text IS NULL OR external_system = :externalSystem)
     AND (:customerId::text IS NULL OR customer_id = :customerId)`,
);

export interface ChangeListQuery {
  readonly status: string | null;
  readonly customerId: string | null;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
  readonly before: string | null;
}

/** Ids of changes, newest first. */
export async function listChangeIds(db: TenantHandle, values: ChangeListQuery & { most: number }): Promise<string[]> {
  const list = values.externalId !== null ? listByExternalId : values.customerId === null ? listAll : listOfOne;
  return (await db.query<{ id: string }>(list, values)).map((row) => row.id);
}

const approve = write(
  'changes.approve',
  sql`
  WITH approved AS (
    ${APPROVE}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('change.approved', sql`id, customer_id`, { by: sql`:agentId::text` })} FROM approved
  )
  SELECT id FROM approved`,
);

/** Records a second agent's approval, once. */
export async function approveChange(db: TenantHandle, id: string, agentId: string): Promise<boolean> {
  return (await db.query(approve, { id, agentId })).length === 1;
}

const check = write(
  'changes.recordCheck',
  sql`
  WITH checked AS (
    ${RECORD_CHECK}
  )
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT ${eventRow('change.checked', sql`id, customer_id`, {
    kind: sql`:kind::text`,
    result: sql`:result::jsonb ->> 'result'`,
  })} FROM checked`,
);

/** Records what an outside check said of a change. */
export async function recordChangeCheck(db: TenantHandle, id: string, kind: string, result: object): Promise<void> {
  await db.query(check, { id, kind, result: JSON.stringify(result) });
}
