import { type Fragment, read, sql, type Statement, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Direction, Finding, Handset } from './answer.policy.js';
import type { VerificationKind } from './display.js';
import type { Status } from './verification.machine.js';
import {
  closedQuestions,
  closeOpen,
  closeWaiting,
  expireLapsed,
  lapsedQuestion,
  withdrawnQuestions,
} from './verification.transition.js';

export interface VerificationRow {
  readonly id: string;
  readonly customer_id: string;
  readonly kind: VerificationKind;
  readonly status: Status;
  readonly call_id: string | null;
  readonly direction: Direction | null;
  readonly key_id: string;
  readonly display_sealed: Buffer;
  readonly display_time: Date | null;
  readonly challenge: string;
  readonly asks: string[];
  readonly code_mac: Buffer | null;
  readonly attempts_used: number;
  readonly attempts_allowed: number;
  readonly policy_version: number;
  readonly started_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly closed_at: Date | null;
  readonly device_id: string | null;
  readonly answer: 'yes' | 'no' | null;
  readonly answer_reason: string | null;
  readonly handset: Handset | null;
  readonly findings: Finding[];
  /** Whether it still says waiting although its time has passed. */
  readonly lapsed: boolean;
  /** The customer's wrong codes in a row; null where the customer was shredded. */
  readonly code_failures: number | null;
}

/** Of a verification `v` and its customer `c`. */
export const COLUMNS = sql`v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
  v.challenge, v.asks, v.code_mac,
  v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
    v.answer_reason, v.handset, v.findings,
  (${lapsedQuestion(sql`v`)}) AS lapsed, c.code_failures`;

/** A verification `v` with its customer `c`, who is looked up: a join would be planned on young tables as a walk through all. */
export const WITH_CUSTOMER = sql`verifications v
      LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true`;

const byId = read('verifications.byId', sql`SELECT ${COLUMNS} FROM ${WITH_CUSTOMER} WHERE v.id = :id`);

export async function findVerification(db: TenantHandle, id: string): Promise<VerificationRow | null> {
  const [row] = await db.query<VerificationRow>(byId, { id });
  return row ?? null;
}

const latestOfCall = read(
  'verifications.latestOfCall',
  sql`
  SELECT ${COLUMNS} FROM ${WITH_CUSTOMER} WHERE v.call_id = ANY(:callIds)
   ORDER BY v.call_id, v.id DESC`,
);

/** Verifications of the given calls, newest first within a call. */
export async function listOfCalls(db: TenantHandle, callIds: readonly string[]): Promise<VerificationRow[]> {
  return db.query<VerificationRow>(latestOfCall, { callIds });
}

export type CustomerVerificationRow = { wrapped_key: Buffer; customer_key_id: string } & {
  [Column in keyof VerificationRow]: VerificationRow[Column] | null;
};

const ofCustomerWhere = <Name extends string>(name: Name, condition: Fragment): Statement<`verifications.${Name}`> =>
  read(
    `verifications.${name}`,
    sql`
  SELECT c.wrapped_key, c.key_id AS customer_key_id, v.* FROM customers c LEFT JOIN LATERAL (
    SELECT ${COLUMNS} FROM verifications v
     WHERE v.customer_id = c.id AND ${condition} AND (:before::uuid IS NULL OR v.id < :before)
     ORDER BY v.id DESC LIMIT :most) v ON true
   WHERE c.id = :customerId`,
  );

const ofCustomer = ofCustomerWhere('ofCustomer', sql`(:status::text IS NULL OR v.status = :status)`);
const waitingOfCustomer = ofCustomerWhere('waitingOfCustomer', sql`v.status = 'waiting' AND v.customer_id > ''`);

/** A customer's verifications, newest first, with the customer's key: one row without a verification where there is none. */
export async function listOfCustomer(
  db: TenantHandle,
  values: { customerId: string; status: string | null; before: string | null; most: number },
): Promise<CustomerVerificationRow[]> {
  return db.query<CustomerVerificationRow>(values.status === 'waiting' ? waitingOfCustomer : ofCustomer, values);
}

const listFrom = <Name extends string>(name: Name, which: Fragment): Statement<`verifications.${Name}`> =>
  read(
    `verifications.${name}`,
    sql`
  SELECT ${COLUMNS} FROM ${WITH_CUSTOMER}
   WHERE ${which} AND (:before::uuid IS NULL OR v.id < :before)
   ORDER BY v.id DESC LIMIT :most`,
  );

const LISTS = {
  all: listFrom('list', sql`(:status::text IS NULL OR v.status = :status)`),
  alarming: listFrom('listAlarming', sql`v.status = :status AND v.status IN ('denied', 'reported', 'locked')`),
  waiting: listFrom('listWaiting', sql`v.status = 'waiting' AND v.expires_at > '-infinity'`),
  ofCustomer: listFrom('listOfOne', sql`v.customer_id = :customerId AND (:status::text IS NULL OR v.status = :status)`),
};

/** Verifications of all customers or of one, newest first. A statement for each way in: those in a rare status have an index of their own. */
export async function listVerifications(
  db: TenantHandle,
  values: { customerId: string | null; status: Status | null; before: string | null; most: number },
): Promise<VerificationRow[]> {
  const { customerId, status } = values;
  if (customerId !== null) return db.query<VerificationRow>(LISTS.ofCustomer, values);
  if (status === 'waiting') return db.query<VerificationRow>(LISTS.waiting, values);
  const rare = status === 'denied' || status === 'reported' || status === 'locked';
  return db.query<VerificationRow>(rare ? LISTS.alarming : LISTS.all, values);
}

const cancel = write(
  'verifications.cancel',
  sql`
  WITH theirs AS (
    SELECT v.id FROM verifications v WHERE v.id = :id AND (:owner::text IS NULL OR v.call_id IS NULL
      OR EXISTS (SELECT FROM calls k WHERE k.id = v.call_id AND k.agent_id = :owner))
  ), cancelled AS (
    ${closeOpen('cancel', sql`v.id = :id AND EXISTS (SELECT FROM theirs)`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${withdrawnQuestions(sql`cancelled`, sql`:author::text`)}
  )
  SELECT EXISTS (SELECT FROM theirs) AS theirs, EXISTS (SELECT FROM cancelled) AS cancelled`,
);

/** `theirs` is false where it was asked in a call of another agent than `owner`; `cancelled`, where it was not waiting any more. */
export async function cancelVerification(
  db: TenantHandle,
  values: { id: string; author: string; owner: string | null },
): Promise<{ theirs: boolean; cancelled: boolean }> {
  const [row] = await db.query<{ theirs: boolean; cancelled: boolean }>(cancel, values);
  return row!;
}

const reportWaiting = write(
  'verifications.reportWaiting',
  sql`
  WITH closed AS (
    ${closeWaiting('report', { where: sql`v.customer_id = :customerId AND v.customer_id > ''` })}
  )
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  ${closedQuestions(sql`closed`, 'customer_reported')}`,
);

/** Closes whatever waits for a customer as reported, with an event each. The customer's row must be locked. */
export async function reportWaitingVerifications(db: TenantHandle, customerId: string): Promise<void> {
  await db.query(reportWaiting, { customerId });
}

const LAPSE_AND_LOG = sql`
  lapsed AS (
    ${expireLapsed(sql`due`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedQuestions(sql`lapsed`, null)}
  )
  SELECT id FROM lapsed`;

const lapseDue = write(
  'verifications.lapseDue',
  sql`
  WITH due AS (
    SELECT v.id FROM verifications v WHERE ${lapsedQuestion(sql`v`)} AND v.expires_at > '-infinity'
     ORDER BY v.expires_at LIMIT :most FOR UPDATE SKIP LOCKED
  ), ${LAPSE_AND_LOG}`,
);

/** Expires what is due, with an event each; returns how many. Any number of nodes may do it at once. */
export async function lapseDueVerifications(db: TenantHandle, most: number): Promise<number> {
  return (await db.query(lapseDue, { most })).length;
}

const lapseSome = write(
  'verifications.lapseSome',
  sql`
  WITH due AS (
    SELECT v.id FROM verifications v WHERE v.id = ANY(:ids) AND ${lapsedQuestion(sql`v`)} FOR UPDATE
  ), ${LAPSE_AND_LOG}`,
);

/** Expires those of the given verifications whose time has passed, as a reader finds them. */
export async function lapseVerifications(db: TenantHandle, ids: readonly string[]): Promise<void> {
  await db.query(lapseSome, { ids });
}
