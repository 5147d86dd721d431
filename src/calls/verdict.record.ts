import { CONTACT_VALUE } from '../customers/customers.service.js';
import { type CustomerKey, openFor } from '../customers/customer-keys.js';
import { toTypeId } from '../ids/ids.js';
import type { CallChannel, Handset } from '../verifications/answer.policy.js';
import { PURPOSE } from './call.js';
import type { Verdict } from './verdict.policy.js';
import type { VerdictRow } from './verdicts.store.js';

export interface VerdictQuestion {
  readonly trigger: 'ringing' | 'customer';
  readonly incomingNumber?: string;
  readonly phoneNumberSuffixes?: readonly string[];
  readonly handset?: Handset;
}

/** What a phone shows of a caller. */
export interface ShownNumber {
  /** In E.164; null where it shows none. */
  readonly e164: string | null;
  /** The form in which it is known to campaigns: the same, or a short number. */
  readonly reported: string | null;
}

/** A call of the bank, as a customer sees it on their phone. */
export interface ShownCall {
  readonly id: string;
  readonly reference: string;
  readonly agentName: string;
  readonly department: string | null;
  readonly purpose: string | null;
  readonly channel: CallChannel;
  readonly startedAt: string;
}

/** What the log holds of a verdict. */
export function recordOf(
  { verdictId, shown, question }: { verdictId: string; shown: ShownNumber; question: VerdictQuestion },
  row: VerdictRow,
  { verdict, reason, findings }: Verdict,
  key: CustomerKey | null,
): Record<string, unknown> {
  return {
    verdictId,
    verdict,
    reason,
    findings,
    trigger: question.trigger,
    lineUse: row.line_use,
    numberGiven: shown.e164 !== null,
    handset: question.handset ?? null,
    handsetNumberOnFile: numberOnFile(row, key, question.phoneNumberSuffixes),
  };
}

/** Whether one of the handset's own numbers, by its last four digits, is on file; null where the question named none. */
function numberOnFile(
  row: VerdictRow,
  key: CustomerKey | null,
  suffixes: readonly string[] | undefined,
): boolean | null {
  if (suffixes === undefined) return null;
  const numbers = row.numbers_sealed.map((sealed) =>
    openFor(key, row.customer_key_id!, CONTACT_VALUE, Buffer.from(sealed, 'hex')),
  );
  return numbers.some((number) => suffixes.some((suffix) => number?.endsWith(suffix)));
}

/** The call that makes a verdict legitimate, as the customer sees it. */
export function describeLiveCall(row: VerdictRow, callId: string, key: CustomerKey | null): ShownCall {
  const call = row.live_calls.find((candidate) => candidate.id === callId)!;
  return {
    id: toTypeId('call', call.id),
    reference: call.reference,
    agentName: call.agent_name,
    department: call.agent_department,
    purpose: openFor(key, call.key_id, PURPOSE, Buffer.from(call.purpose_sealed, 'hex')),
    channel: call.channel,
    startedAt: new Date(call.started_at).toISOString(),
  };
}
