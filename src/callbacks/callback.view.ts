import { type CustomerKey, openFor } from '../customers/customer-keys.js';
import { toTypeId } from '../ids/ids.js';
import type { CallbackRow } from './callbacks.store.js';

/** The sealing context of a callback's reason. */
export const REASON = 'callbacks.reason';
/** The sealing context of what is shown about the change that a callback is for. */
export const ABOUT = 'callbacks.about';

/** A callback as the bank and the customer's app see it; never the number. */
export interface Callback {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly status: string;
  readonly reason: string | null;
  readonly about: string | null;
  readonly window: { readonly notBefore: string; readonly notAfter: string; readonly dueAt: string };
  readonly attempts: number;
  readonly priority: number;
  /** Somebody was on the line in the customer's name when it was asked for: perhaps not the customer. */
  readonly askedDuringCall: boolean;
  readonly agentName: string | null;
  readonly claimedUntil: string | null;
  readonly callId: string | null;
  readonly verifiedVia: string | null;
  readonly requestedAt: string;
  readonly closedAt: string | null;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
}

export function describeCallback(row: CallbackRow, reason: string | null): Callback {
  const claimed = row.status === 'claimed';
  return {
    id: toTypeId('cbk', row.id),
    reference: row.reference,
    customerId: row.customer_id,
    status: row.status,
    reason,
    about: row.change_id === null ? row.about : toTypeId('chg', row.change_id),
    window: {
      notBefore: row.not_before.toISOString(),
      notAfter: row.not_after.toISOString(),
      dueAt: row.due_at.toISOString(),
    },
    attempts: row.attempts,
    priority: row.priority,
    askedDuringCall: row.asked_during_call,
    agentName: claimed ? row.claimed_by_name : null,
    claimedUntil: claimed ? (row.claimed_until?.toISOString() ?? null) : null,
    callId: row.call_id === null ? null : toTypeId('call', row.call_id),
    verifiedVia: row.verified_via,
    requestedAt: row.requested_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    externalId: row.external_id,
    externalSystem: row.external_system,
  };
}

/** What the customer is shown and signs beside the call that is placed for a callback: which one, and which change it is for. */
export function displayOfCallback(
  key: CustomerKey,
  row: Pick<CallbackRow, 'reference' | 'key_id' | 'about_sealed'>,
): Readonly<Record<string, unknown>> {
  const about = row.about_sealed === null ? null : openFor(key, row.key_id, ABOUT, row.about_sealed);
  return { callback: row.reference, ...(about === null ? {} : { change: JSON.parse(about) as object }) };
}
