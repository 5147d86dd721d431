import type { LiveCall, VerdictFacts } from '../../src/calls/verdict.policy.js';

export const LINE = '+442079460100';
export const OTHER_LINE = '+442079460101';
export const CARD_LINE = '+442079460199';
export const FOREIGN = '+447700900999';
/** A line that was taken out of the register while a call from it is live. */
export const REMOVED = '+442079460105';
export const USES: Record<string, VerdictFacts['lineUse']> = {
  [LINE]: 'outbound',
  [OTHER_LINE]: 'outbound',
  [CARD_LINE]: 'inbound_only',
  [FOREIGN]: null,
  [REMOVED]: null,
};

export const OUTBOUND: LiveCall = {
  id: 'outbound',
  direction: 'outbound',
  channel: 'phone',
  line: LINE,
  confirmed: false,
};
export const CONFIRMED: LiveCall = { ...OUTBOUND, id: 'confirmed', confirmed: true };
export const WITHOUT_LINE: LiveCall = { ...OUTBOUND, id: 'without-line', line: null };
export const WITHOUT_LINE_CONFIRMED: LiveCall = { ...WITHOUT_LINE, id: 'without-line-confirmed', confirmed: true };
export const ON_OTHER: LiveCall = { ...OUTBOUND, id: 'on-other', line: OTHER_LINE };
export const ON_REMOVED: LiveCall = { ...OUTBOUND, id: 'on-removed', line: REMOVED };
/** A call in the bank's own app. */
export const IN_APP: LiveCall = { ...WITHOUT_LINE, id: 'in-app', channel: 'in_app' };
export const IN_APP_CONFIRMED: LiveCall = { ...IN_APP, id: 'in-app-confirmed', confirmed: true };
export const INBOUND: LiveCall = {
  id: 'inbound',
  direction: 'inbound',
  channel: 'phone',
  line: CARD_LINE,
  confirmed: false,
};
export const INBOUND_ON_LINE: LiveCall = { ...INBOUND, id: 'inbound-on-line', line: LINE };
export const CALLS = [
  OUTBOUND,
  CONFIRMED,
  WITHOUT_LINE,
  WITHOUT_LINE_CONFIRMED,
  ON_OTHER,
  ON_REMOVED,
  IN_APP_CONFIRMED,
  INBOUND,
  INBOUND_ON_LINE,
];

export const PLACED = { inCall: true, outgoing: true };
export const WAS_RUNG = { inCall: true, outgoing: false };
/** In a call of some app, and in one of the telephone network. */
export const VOIP = { inCall: true, medium: 'voip' } as const;
export const CELLULAR = { inCall: true, medium: 'cellular' } as const;
export const HANDSETS: readonly VerdictFacts['handset'][] = [
  null,
  ...[false, true].flatMap((inCall) => [{ inCall }, { inCall, outgoing: false }, { inCall, outgoing: true }]),
  VOIP,
  { ...VOIP, outgoing: true },
  { ...VOIP, inCall: false },
  CELLULAR,
  { inCall: true, medium: 'unknown' },
];

/** The facts of a question; the use of its number is looked up. */
export function facts(
  trigger: 'ringing' | 'customer',
  incomingNumber: string | null,
  liveCalls: readonly LiveCall[],
  handset: VerdictFacts['handset'] = null,
): VerdictFacts {
  return {
    trigger,
    incomingNumber,
    lineUse: incomingNumber === null ? null : USES[incomingNumber]!,
    handset,
    liveCalls,
  };
}
