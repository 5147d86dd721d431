export type VerdictName = 'legitimate' | 'not_legitimate' | 'unknown';

export type VerdictReason =
  | 'unavailable' | 'inbound_only_line' | 'customer_rang' | 'live_call' | 'other_line' | 'someone_rang_as_you' | 'not_our_line' | 'no_live_call';

/** A live call of the customer, as far as a verdict needs it. */
export interface LiveCall {
  readonly id: string;
  readonly direction: 'outbound' | 'inbound';
  readonly line: string | null;
}

/** All that a verdict is made of. */
export interface VerdictFacts {
  readonly trigger: 'ringing' | 'customer';
  /** The number that the phone shows, in E.164 where it can be read as one; null where it shows none. */
  readonly incomingNumber: string | null;
  /** What the bank uses that number for; null where it is not one of the bank's lines. */
  readonly lineUse: 'outbound' | 'inbound_only' | null;
  readonly handset: { readonly inCall: boolean; readonly outgoing?: boolean } | null;
  /** Newest first. */
  readonly liveCalls: readonly LiveCall[];
}

export interface Verdict {
  readonly verdict: VerdictName;
  readonly reason: VerdictReason;
  /** The call that makes it legitimate. */
  readonly callId: string | null;
  /** Live inbound calls that somebody else seems to hold in the customer's name. */
  readonly relayedCallIds: readonly string[];
}

/** What is said when nothing could be read: never green. */
export const UNAVAILABLE: Verdict = { verdict: 'unknown', reason: 'unavailable', callId: null, relayedCallIds: [] };

/**
 * The verdict on a call: the rows of the API contract's table, in its order; the first that fits decides. Only a live
 * declared outbound call makes `legitimate`, and never one that shows a number that is not the bank's.
 */
export function decideVerdict(facts: VerdictFacts): Verdict {
  const { trigger, incomingNumber, lineUse, handset, liveCalls } = facts;
  if (trigger !== 'ringing' && trigger !== 'customer') throw new TypeError('unknown trigger');
  if (lineUse === 'inbound_only') return verdict('not_legitimate', 'inbound_only_line');
  if (handset?.outgoing) return verdict('unknown', 'customer_rang');

  const outbound = liveCalls.filter((call) => call.direction === 'outbound');
  const shown = outbound.find((call) => fits(call, incomingNumber, lineUse));
  if (shown) return { verdict: 'legitimate', reason: 'live_call', callId: shown.id, relayedCallIds: [] };
  if (outbound.length > 0 && lineUse === 'outbound') return verdict('unknown', 'other_line');

  // A phone that rings was called, and a customer who asks about a caller was called: a handset that dialled is answered above.
  const inbound = liveCalls.filter((call) => call.direction === 'inbound');
  if (inbound.length > 0) return { ...verdict('not_legitimate', 'someone_rang_as_you'), relayedCallIds: inbound.map((call) => call.id) };

  if (incomingNumber !== null && lineUse === null) return verdict(trigger === 'ringing' ? 'unknown' : 'not_legitimate', 'not_our_line');
  return verdict('not_legitimate', 'no_live_call');
}

/** From the same line, or where one side gave no number; a number that is not the bank's never fits. */
function fits(call: LiveCall, incomingNumber: string | null, lineUse: VerdictFacts['lineUse']): boolean {
  if (incomingNumber === null) return true;
  return lineUse === 'outbound' && (call.line === null || call.line === incomingNumber);
}

function verdict(name: VerdictName, reason: VerdictReason): Verdict {
  return { verdict: name, reason, callId: null, relayedCallIds: [] };
}
