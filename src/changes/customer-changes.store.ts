import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { inTimeToDispute } from './change.transition.js';

export interface CustomerChangeRow {
  readonly id: string;
  readonly held: boolean;
  /** Null where it was not released. */
  readonly in_time_to_dispute: boolean | null;
}

const ofCustomer = read(
  'changes.ofCustomer',
  sql`
  SELECT ch.id, ch.status = 'held' AS held, ${inTimeToDispute(sql`ch`)} AS in_time_to_dispute FROM changes ch
   WHERE ch.customer_id = :customerId AND (:after::uuid IS NULL
     OR (ch.status = 'held') < :afterHeld::boolean OR ((ch.status = 'held') = :afterHeld::boolean AND ch.id < :after))
   ORDER BY (ch.status = 'held') DESC, ch.id DESC LIMIT :most`,
);

/** A customer's changes: those that are held first, each part newest first. */
export async function listChangesOfCustomer(
  db: TenantHandle,
  values: { customerId: string; after: string | null; afterHeld: boolean; most: number },
): Promise<CustomerChangeRow[]> {
  return db.query<CustomerChangeRow>(ofCustomer, values);
}
