import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Together } from '../database/together.js';
import {
  COLUMNS,
  type CustomerVerificationRow,
  findVerification,
  listOfCustomer,
  type VerificationRow,
  WITH_CUSTOMER,
} from './verifications.store.js';

const byIds = read(
  'verifications.byIds',
  sql`
  SELECT found.* FROM unnest((SELECT :ids::uuid[])) AS asked (id)
   CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM ${WITH_CUSTOMER} WHERE v.id = asked.id LIMIT 1) found`,
);

/** As {@link findVerification}, of several. */
export async function findTogether(db: TenantHandle, ids: readonly string[]): Promise<(VerificationRow | null)[]> {
  const rows = await db.query<VerificationRow>(byIds, { ids });
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id) ?? null);
}

const finding = new Together<string, VerificationRow | null>({ alone: findVerification, together: findTogether });

/** Null where there is none. */
export const findOne = (db: TenantHandle, id: string): Promise<VerificationRow | null> => finding.do(db, id);

const waitingOfCustomers = read(
  'verifications.waitingOfCustomers',
  sql`
  SELECT asked.place::int AS place, found.* FROM unnest((SELECT :customerIds::text[])) WITH ORDINALITY AS asked (customer_id, place)
   CROSS JOIN LATERAL (
    SELECT wrapped_key, key_id AS customer_key_id, id, code_failures FROM customers WHERE id = asked.customer_id LIMIT 1) c
   CROSS JOIN LATERAL (
    SELECT c.wrapped_key, c.customer_key_id, v.* FROM (SELECT) one LEFT JOIN LATERAL (
      SELECT ${COLUMNS} FROM verifications v
       WHERE v.customer_id = c.id AND v.status = 'waiting' AND v.customer_id > '' ORDER BY v.id DESC LIMIT :most) v ON true) found
   ORDER BY asked.place, found.id DESC`,
);

export interface WaitingOf {
  readonly customerId: string;
  /** Rows at most. */
  readonly most: number;
}

/** What waits for each of several customers, as {@link listOfCustomer} tells it. */
export async function listWaitingTogether(
  db: TenantHandle,
  asked: readonly WaitingOf[],
): Promise<CustomerVerificationRow[][]> {
  const rows = await db.query<CustomerVerificationRow & { place: number }>(waitingOfCustomers, {
    customerIds: asked.map(({ customerId }) => customerId),
    most: Math.max(...asked.map(({ most }) => most)),
  });
  const found = asked.map((): CustomerVerificationRow[] => []);
  for (const row of rows) found[row.place - 1]!.push(row);
  return found.map((list, at) => list.slice(0, asked[at]!.most));
}

const listing = new Together<WaitingOf, CustomerVerificationRow[]>({
  alone: (db, asked) => listOfCustomer(db, { ...asked, status: 'waiting', before: null }),
  together: listWaitingTogether,
});

/** What waits for a customer, newest first, with the customer's key: one row without a verification where nothing does. */
export const listWaiting = (db: TenantHandle, asked: WaitingOf): Promise<CustomerVerificationRow[]> =>
  listing.do(db, asked);
