import { type Fragment, sql } from '../database/sql.js';
const TAKEN = sql`RETURNING d.id, d.customer_id`;

/** Takes the bank's offline code of `:step` for `:callId`; another call does not get it again. `from` has an expression `call`. */
export function takeBankStep(from: Fragment): Fragment {
  return sql`UPDATE devices d SET bank_proof_step = :step, bank_proof_call_id = :callId
      FROM ${from}
     WHERE d.id = :deviceId AND d.customer_id = call.customer_id AND d.revoked_at IS NULL
       AND (d.bank_proof_step IS NULL OR d.bank_proof_step < :step OR (d.bank_proof_step = :step AND d.bank_proof_call_id = :callId))
    ${TAKEN}`;
}

/** Takes the customer's offline code of `:step`, once. `from` has an expression `customer`. */
export function takeCustomerStep(from: Fragment): Fragment {
  return sql`UPDATE devices d SET customer_proof_step = :step
      FROM ${from}
     WHERE d.id = :deviceId AND d.customer_id = customer.id AND d.revoked_at IS NULL
       AND (d.customer_proof_step IS NULL OR d.customer_proof_step < :step)
    ${TAKEN}`;
}

/** Keeps the sign counter of a passkey, `:signCount`, once the assertion that it came with has been recorded: `from` has a row then. */
export const countAssertion = (from: Fragment): Fragment =>
  sql`UPDATE devices d SET sign_count = :signCount FROM ${from} WHERE d.id = :deviceId`;

/** Revokes a device for good. */
export const REVOKE = sql`UPDATE devices SET revoked_at = now() WHERE id = :id AND customer_id = :customerId AND revoked_at IS NULL
  RETURNING id`;
