import { describe, expect, it } from 'vitest';
import { decideVerdict, type LiveCall, UNAVAILABLE, type VerdictFacts } from './verdict.policy.js';

const LINE = '+442079460100';
const OTHER_LINE = '+442079460101';
const CARD_LINE = '+442079460199';
const FOREIGN = '+447700900999';
const USES: Record<string, VerdictFacts['lineUse']> = { [LINE]: 'outbound', [OTHER_LINE]: 'outbound', [CARD_LINE]: 'inbound_only', [FOREIGN]: null };

const OUTBOUND: LiveCall = { id: 'outbound', direction: 'outbound', line: LINE };
const OUTBOUND_WITHOUT_LINE: LiveCall = { ...OUTBOUND, id: 'outbound-without-line', line: null };
const OUTBOUND_ON_OTHER: LiveCall = { ...OUTBOUND, id: 'outbound-on-other', line: OTHER_LINE };
const INBOUND: LiveCall = { id: 'inbound', direction: 'inbound', line: CARD_LINE };
const INBOUND_WITHOUT_LINE: LiveCall = { ...INBOUND, id: 'inbound-without-line', line: null };
const DIALLED = { inCall: true, outgoing: true };
const WAS_RUNG = { inCall: true, outgoing: false };

function facts(trigger: 'ringing' | 'customer', incomingNumber: string | null, liveCalls: readonly LiveCall[], handset: VerdictFacts['handset'] = null): VerdictFacts {
  return { trigger, incomingNumber, lineUse: incomingNumber === null ? null : USES[incomingNumber]!, handset, liveCalls };
}

const decide = (...given: Parameters<typeof facts>) => decideVerdict(facts(...given));

// The rows of the table in the API contract, in its order.
describe('the verdict', () => {
  it('is unknown, `unavailable`, when the store cannot be read in time', () => {
    expect(UNAVAILABLE).toEqual({ verdict: 'unknown', reason: 'unavailable', callId: null, relayedCallIds: [] });
  });

  it.each(['ringing', 'customer'] as const)('is not_legitimate, `inbound_only_line`, for a line that the bank never calls from, also beside a live call (%s)', (trigger) => {
    expect(decide(trigger, CARD_LINE, [OUTBOUND, OUTBOUND_WITHOUT_LINE])).toMatchObject({ verdict: 'not_legitimate', reason: 'inbound_only_line', callId: null });
    expect(decide(trigger, CARD_LINE, [], DIALLED)).toMatchObject({ verdict: 'not_legitimate', reason: 'inbound_only_line' });
  });

  it('is unknown, `customer_rang`, where the handset says that the customer dialled, also beside a live call', () => {
    expect(decide('customer', LINE, [OUTBOUND], DIALLED)).toMatchObject({ verdict: 'unknown', reason: 'customer_rang' });
    expect(decide('customer', null, [INBOUND], DIALLED)).toMatchObject({ verdict: 'unknown', reason: 'customer_rang', relayedCallIds: [] });
  });

  it('is legitimate, `live_call`, for a live outbound call from this line', () => {
    expect(decide('ringing', LINE, [OUTBOUND])).toEqual({ verdict: 'legitimate', reason: 'live_call', callId: 'outbound', relayedCallIds: [] });
    expect(decide('ringing', LINE, [OUTBOUND_ON_OTHER, OUTBOUND], WAS_RUNG)).toMatchObject({ verdict: 'legitimate', callId: 'outbound' });
  });

  it('is legitimate, `live_call`, for a live outbound call where one side gives no number', () => {
    expect(decide('ringing', null, [OUTBOUND])).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(decide('ringing', LINE, [OUTBOUND_WITHOUT_LINE])).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(decide('customer', null, [OUTBOUND_WITHOUT_LINE])).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
  });

  it('is unknown, `other_line`, for a live outbound call from another of the bank\'s lines', () => {
    expect(decide('ringing', OTHER_LINE, [OUTBOUND])).toMatchObject({ verdict: 'unknown', reason: 'other_line', callId: null });
  });

  it('is not_legitimate, `someone_rang_as_you`, beside a live inbound call in the customer\'s name, and names that call', () => {
    expect(decide('ringing', LINE, [INBOUND])).toEqual({ verdict: 'not_legitimate', reason: 'someone_rang_as_you', callId: null, relayedCallIds: ['inbound'] });
    expect(decide('customer', FOREIGN, [INBOUND, INBOUND_WITHOUT_LINE])).toMatchObject({ reason: 'someone_rang_as_you', relayedCallIds: ['inbound', 'inbound-without-line'] });
    expect(decide('customer', null, [INBOUND], WAS_RUNG)).toMatchObject({ reason: 'someone_rang_as_you' });
  });

  it('is unknown, `not_our_line`, for a ringing number that is not the bank\'s', () => {
    expect(decide('ringing', FOREIGN, [])).toMatchObject({ verdict: 'unknown', reason: 'not_our_line' });
    expect(decide('ringing', FOREIGN, [OUTBOUND])).toMatchObject({ verdict: 'unknown', reason: 'not_our_line', callId: null });
    expect(decide('ringing', FOREIGN, [OUTBOUND_WITHOUT_LINE])).toMatchObject({ verdict: 'unknown', reason: 'not_our_line', callId: null });
  });

  it('is not_legitimate, `not_our_line`, for such a number where a customer asks about a caller who says they are the bank', () => {
    expect(decide('customer', FOREIGN, [])).toMatchObject({ verdict: 'not_legitimate', reason: 'not_our_line' });
    expect(decide('customer', FOREIGN, [OUTBOUND])).toMatchObject({ verdict: 'not_legitimate', reason: 'not_our_line' });
  });

  it.each(['ringing', 'customer'] as const)('is not_legitimate, `no_live_call`, for anything else (%s)', (trigger) => {
    expect(decide(trigger, LINE, [])).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
    expect(decide(trigger, null, [])).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
  });

  it('throws for a trigger that does not exist', () => {
    expect(() => decide('hunch' as 'ringing', LINE, [])).toThrow(TypeError);
  });
});

describe('over every combination of facts', () => {
  const calls = [OUTBOUND, OUTBOUND_WITHOUT_LINE, OUTBOUND_ON_OTHER, INBOUND, INBOUND_WITHOUT_LINE];
  const subsets = Array.from({ length: 2 ** calls.length }, (_, bits) => calls.filter((_call, index) => bits & (1 << index)));
  const handsets = [null, ...[false, true].flatMap((inCall) => [{ inCall }, { inCall, outgoing: false }, { inCall, outgoing: true }])];
  const all = (['ringing', 'customer'] as const).flatMap((trigger) => [null, ...Object.keys(USES)].flatMap((number) => handsets.flatMap((handset) => subsets.map((liveCalls) => facts(trigger, number, liveCalls, handset)))));

  it('a verdict is legitimate exactly with a fitting live outbound call that the customer did not dial', () => {
    expect(all.length).toBe(2 * 5 * 7 * 32);
    const fitting = ({ incomingNumber, liveCalls, handset }: VerdictFacts): boolean =>
      !handset?.outgoing && liveCalls.some(({ direction, line }) => direction === 'outbound' && (incomingNumber === null || ([LINE, OTHER_LINE].includes(incomingNumber) && (line === null || line === incomingNumber))));
    expect(all.filter((one) => (decideVerdict(one).verdict === 'legitimate') !== fitting(one))).toEqual([]);
  });

  it('a legitimate verdict names its call and accuses none; any other names no call', () => {
    for (const one of all) {
      const { verdict, callId, relayedCallIds } = decideVerdict(one);
      expect(one.liveCalls.some(({ id, direction }) => id === callId && direction === 'outbound')).toBe(verdict === 'legitimate');
      if (verdict === 'legitimate') expect(relayedCallIds).toEqual([]);
    }
  });

  it('a number that is not the bank\'s is never green', () => {
    for (const one of all) if (one.incomingNumber === FOREIGN) expect(decideVerdict(one).verdict).not.toBe('legitimate');
  });

  it('a relay is raised on every live inbound call and on nothing else', () => {
    for (const one of all) {
      const { reason, relayedCallIds } = decideVerdict(one);
      const inbound = one.liveCalls.filter(({ direction }) => direction === 'inbound').map(({ id }) => id);
      expect(relayedCallIds).toEqual(reason === 'someone_rang_as_you' ? inbound : []);
    }
  });
});
