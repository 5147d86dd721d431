export const REASONS = ['they_called_me', 'not_on_a_call', 'not_me', 'not_what_i_asked', 'pressured'] as const;
export type Reason = (typeof REASONS)[number];

export const FINDINGS = ['relay_suspected', 'handset_mismatch', 'other_channel', 'new_device', 'new_contact'] as const;
export type Finding = (typeof FINDINGS)[number];

export type Direction = 'outbound' | 'inbound';

export const CALL_CHANNELS = ['phone', 'in_app'] as const;
/** How a declared call reaches the customer: over the telephone network, or in the bank's own app. */
export type CallChannel = (typeof CALL_CHANNELS)[number];

export const CALL_MEDIUMS = ['cellular', 'voip', 'unknown'] as const;
export type CallMedium = (typeof CALL_MEDIUMS)[number];

/** What the handset itself says about its call; `outgoing` means that the customer dialled. */
export interface Handset {
  readonly inCall: boolean;
  readonly outgoing?: boolean;
  /** What carries the call: the telephone network, or some app. */
  readonly medium?: CallMedium;
}

/** Everything that an answer is judged by, once its signature holds. */
export interface AnswerFacts {
  /** The declared direction of the call, or null where the question is not about a call. */
  readonly direction: Direction | null;
  /** How the declared call reaches the customer, or null where the question is not about a call. */
  readonly channel: CallChannel | null;
  readonly answer: 'yes' | 'no';
  readonly reason: Reason | null;
  /** `not_asked` where the verification asks for no code; `unreadable` for what cannot be one. */
  readonly code: 'right' | 'wrong' | 'missing' | 'unreadable' | 'not_asked';
  readonly handset: Handset | null;
  /** A verdict or an earlier answer has already shown a relay on this call. */
  readonly relayKnown: boolean;
  readonly newDevice: boolean;
  /** Whether the answer vouches for a change, which a new device may not (domain rule 6). */
  readonly vouchesForChange: boolean;
  readonly newContact: boolean;
}

export type Judgement =
  | { readonly outcome: 'confirmed' | 'denied' | 'reported'; readonly findings: readonly Finding[] }
  | { readonly outcome: 'wrong_code' }
  | { readonly outcome: 'code_required' }
  | { readonly outcome: 'not_a_code' }
  | { readonly outcome: 'device_too_new' };

/**
 * Judges an answer (domain rules 1, 3 and 6). A conflict between answer, declared direction and handset is a suspected
 * relay whatever the code was: a fraudster who holds the customer on the line can have the code read to them.
 */
export function judgeAnswer(facts: AnswerFacts): Judgement {
  const beside: Finding[] = [
    ...(isOnOtherChannel(facts.channel, facts.handset) ? ['other_channel' as const] : []),
    ...(facts.newDevice ? ['new_device' as const] : []),
    ...(facts.newContact ? ['new_contact' as const] : []),
  ];
  const conflict = conflictFindings(facts);
  if (conflict.length > 0 || facts.relayKnown) {
    return { outcome: 'reported', findings: [...new Set<Finding>(['relay_suspected', ...conflict, ...beside])] };
  }
  // A reason is why somebody says no; a yes with a reason is somebody who is being told what to tap.
  if (facts.reason === 'pressured' || (facts.answer === 'yes' && facts.reason !== null))
    return { outcome: 'reported', findings: beside };
  if (facts.answer === 'no') return { outcome: 'denied', findings: beside };
  if (facts.vouchesForChange && facts.newDevice) return { outcome: 'device_too_new' };
  switch (facts.code) {
    case 'right':
    case 'not_asked':
      return { outcome: 'confirmed', findings: beside };
    case 'missing':
      return { outcome: 'code_required' };
    case 'unreadable':
      return { outcome: 'not_a_code' };
    case 'wrong':
      return { outcome: 'wrong_code' };
    default:
      throw new TypeError('unknown state of the code');
  }
}

function conflictFindings({ direction, answer, reason, handset }: AnswerFacts): Finding[] {
  if (direction === null) return [];
  if (direction !== 'outbound' && direction !== 'inbound') throw new TypeError('unknown direction');
  const found: Finding[] = [];
  if (direction === 'inbound' && reason === 'they_called_me') found.push('relay_suspected');
  if (handset !== null && handsetConflicts(direction, answer, handset))
    found.push('relay_suspected', 'handset_mismatch');
  return found;
}

/**
 * Whether the handset is in a call of some app while the declared one is a phone call. It is told to the agent and decides
 * nothing: some take their phone calls in an app (docs/decisions/0097).
 */
function isOnOtherChannel(channel: CallChannel | null, handset: Handset | null): boolean {
  return channel === 'phone' && handset?.inCall === true && handset.medium === 'voip';
}

/**
 * The bank's outbound call is the handset's incoming one, and the other way round. A no conflicts only with a call that the
 * handset received while somebody talks to the bank in the customer's name: that is what a relay looks like. A no to the
 * bank's own call from a handset that is in another one, or in none, says the same thing twice.
 */
function handsetConflicts(direction: Direction, answer: 'yes' | 'no', { inCall, outgoing }: Handset): boolean {
  if (answer === 'no') return direction === 'inbound' && inCall && outgoing === false;
  return !inCall || (outgoing !== undefined && outgoing !== (direction === 'inbound'));
}
