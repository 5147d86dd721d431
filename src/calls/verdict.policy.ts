import type { CallChannel, Handset } from '../verifications/answer.policy.js';

export type VerdictName = 'legitimate' | 'not_legitimate' | 'unknown';

export const VERDICT_REASONS = [
  'unavailable',
  'inbound_only_line',
  'customer_rang',
  'already_on_that_call',
  'live_call',
  'other_channel',
  'other_line',
  'someone_rang_as_you',
  'not_our_line',
  'number_withheld',
  'no_live_call',
] as const;
export const VERDICT_FINDINGS = ['other_channel'] as const;
export type VerdictFinding = (typeof VERDICT_FINDINGS)[number];

export type VerdictReason = (typeof VERDICT_REASONS)[number];

/** A live call of the customer, as far as a verdict needs it. */
export interface LiveCall {
  readonly id: string;
  readonly direction: 'outbound' | 'inbound';
  readonly channel: CallChannel;
  readonly line: string | null;
  /** Whether the customer has confirmed a question asked in it; looked up where the handset is in another call, else false. */
  readonly confirmed: boolean;
}

/** All that a verdict is made of. */
export interface VerdictFacts {
  readonly trigger: 'ringing' | 'customer';
  /** The number that the phone shows, in E.164; null where it shows none, or nothing that is one. */
  readonly incomingNumber: string | null;
  /** What the bank uses that number for; null where it is not one of the bank's lines. */
  readonly lineUse: 'outbound' | 'inbound_only' | null;
  /** What the handset says: with `customer` of the call that is asked about, with `ringing` of the other one that it is in. */
  readonly handset: Handset | null;
  /** Newest first. */
  readonly liveCalls: readonly LiveCall[];
}

export interface Verdict {
  readonly verdict: VerdictName;
  readonly reason: VerdictReason;
  /** What is told beside it, whatever it is. */
  readonly findings: readonly VerdictFinding[];
  /** The call that makes it legitimate. */
  readonly callId: string | null;
  /** Live inbound calls that somebody else seems to hold in the customer's name. */
  readonly relayedCallIds: readonly string[];
}

/** What is said when nothing could be read: never green. */
export const UNAVAILABLE: Verdict = {
  verdict: 'unknown',
  reason: 'unavailable',
  findings: [],
  callId: null,
  relayedCallIds: [],
};

/**
 * The verdict on a call: the rows of the API contract's table, in its order; the first that fits decides. Only a live
 * declared outbound call makes `legitimate`, and never one that shows a number that is not the bank's. Throws for a
 * trigger that does not exist.
 */
export function decideVerdict(facts: VerdictFacts): Verdict {
  return { ...decide(facts), findings: isUndeclaredAppCall(facts) ? ['other_channel'] : [] };
}

function decide(facts: VerdictFacts): Omit<Verdict, 'findings'> {
  const { trigger, incomingNumber, lineUse, handset, liveCalls } = facts;
  if (trigger !== 'ringing' && trigger !== 'customer') throw new TypeError('unknown trigger');
  if (lineUse === 'inbound_only') return verdict('not_legitimate', 'inbound_only_line');
  if (trigger === 'customer' && handset?.outgoing === true) return verdict('unknown', 'customer_rang');

  const outbound = liveCalls.filter((call) => call.direction === 'outbound');
  const onThisLine = outbound.filter((call) => fits(call, incomingNumber, lineUse));
  const fitting = onThisLine.filter((call) => mayBeOn(call.channel, facts));
  // The customer talks to the bank on that call already: what rings beside it is another.
  if (trigger === 'ringing' && handset?.inCall === true && onThisLine.some((call) => call.confirmed))
    return verdict('unknown', 'already_on_that_call');
  if (fitting[0]) return { verdict: 'legitimate', reason: 'live_call', callId: fitting[0].id, relayedCallIds: [] };
  // The call that the bank declared is another than the one that is asked about, whatever its line.
  if (onThisLine.length > 0) return verdict('unknown', 'other_channel');
  if (outbound.length > 0 && lineUse === 'outbound') return verdict('unknown', 'other_line');

  return decideWithoutCall(facts);
}

/** The rows for where no call of the bank to the customer fits. */
function decideWithoutCall(facts: VerdictFacts): Omit<Verdict, 'findings'> {
  const { trigger, incomingNumber, lineUse } = facts;
  const relayed = relayedCalls(facts);
  if (relayed.length > 0)
    return { ...verdict('not_legitimate', 'someone_rang_as_you'), relayedCallIds: relayed.map((call) => call.id) };

  if (incomingNumber !== null && lineUse === null)
    return verdict(trigger === 'ringing' ? 'unknown' : 'not_legitimate', 'not_our_line');
  if (incomingNumber === null && trigger === 'ringing') return verdict('unknown', 'number_withheld');
  return verdict('not_legitimate', 'no_live_call');
}

/** From the same line, or where one side gave no number; a number that is not the bank's never fits. */
function fits(call: LiveCall, incomingNumber: string | null, lineUse: VerdictFacts['lineUse']): boolean {
  if (incomingNumber === null) return true;
  return lineUse === 'outbound' && (call.line === null || call.line === incomingNumber);
}

/**
 * Whether what is asked about may be a call on that channel. A call in the bank's own app shows no number. With `customer`
 * the handset tells of the call that is asked about, and what carries it; where it does not know, either may be meant.
 */
function mayBeOn(channel: CallChannel, facts: VerdictFacts): boolean {
  if (channel === 'in_app') return facts.incomingNumber === null && carrier(facts) !== 'cellular';
  if (channel === 'phone') return carrier(facts) !== 'voip';
  throw new TypeError('unknown channel');
}

/** What carries the call that is asked about, as the handset says; with `ringing` it tells of another. */
function carrier({ trigger, handset }: VerdictFacts): Handset['medium'] {
  return trigger === 'customer' && handset?.inCall === true ? handset.medium : undefined;
}

/** Whether a customer asks about a call of some app while the bank has declared none in its own. */
function isUndeclaredAppCall(facts: VerdictFacts): boolean {
  return (
    carrier(facts) === 'voip' &&
    !facts.liveCalls.some((call) => call.direction === 'outbound' && mayBeOn(call.channel, facts))
  );
}

/**
 * The calls in which somebody else talks to the bank in the customer's name: the customer was called by somebody who says
 * they are the bank, or a line of the bank rings, while the handset is in no call that it placed. Only a handset that says
 * so placed its call.
 */
function relayedCalls({ trigger, lineUse, handset, liveCalls }: VerdictFacts): readonly LiveCall[] {
  const bankIsClaimed = trigger === 'customer' || lineUse === 'outbound';
  const placedItsCall = handset?.inCall === true && handset.outgoing === true;
  return bankIsClaimed && !placedItsCall ? liveCalls.filter((call) => call.direction === 'inbound') : [];
}

function verdict(name: VerdictName, reason: VerdictReason): Omit<Verdict, 'findings'> {
  return { verdict: name, reason, callId: null, relayedCallIds: [] };
}
