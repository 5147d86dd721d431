import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { CALL_COLUMNS } from './calls.store.js';
import type { CallRow } from './declared.js';

const byReference = read(
  'calls.byReference',
  sql`
  SELECT ${CALL_COLUMNS},
         EXISTS (SELECT FROM verifications v WHERE v.customer_id = calls.customer_id AND v.call_id = calls.id
                    AND v.status IN ('denied', 'reported')) AS doubted
    FROM calls WHERE reference = :reference`,
);

/** A call by its reference, and whether the customer said of it, when asked, that it was not theirs or a fraud. */
export async function findCallByReference(
  db: TenantHandle,
  reference: string,
): Promise<(CallRow & { readonly doubted: boolean }) | null> {
  const [row] = await db.query<CallRow & { readonly doubted: boolean }>(byReference, { reference });
  return row ?? null;
}
