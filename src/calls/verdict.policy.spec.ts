import { describe, expect, it } from 'vitest';
import {
  CARD_LINE,
  CELLULAR,
  CONFIRMED,
  facts,
  FOREIGN,
  HANDSETS,
  IN_APP,
  INBOUND,
  INBOUND_ON_LINE,
  LINE,
  ON_OTHER,
  ON_REMOVED,
  OTHER_LINE,
  OUTBOUND,
  PLACED,
  REMOVED,
  VOIP,
  WAS_RUNG,
  WITHOUT_LINE,
  WITHOUT_LINE_CONFIRMED,
} from '../../test/support/verdict-facts.js';
import { decideVerdict, UNAVAILABLE } from './verdict.policy.js';

const decide = (...given: Parameters<typeof facts>) => decideVerdict(facts(...given));

// The rows one by one, as people would tell them.
describe('the verdict', () => {
  it('is unknown, `unavailable`, when the store cannot be read in time', () => {
    expect(UNAVAILABLE).toEqual({
      verdict: 'unknown',
      reason: 'unavailable',
      findings: [],
      callId: null,
      relayedCallIds: [],
    });
  });

  it.each(['ringing', 'customer'] as const)(
    'is not_legitimate, `inbound_only_line`, for a line that the bank never calls from, also beside a live call (%s)',
    (trigger) => {
      expect(decide(trigger, CARD_LINE, [OUTBOUND, WITHOUT_LINE])).toMatchObject({
        verdict: 'not_legitimate',
        reason: 'inbound_only_line',
        callId: null,
      });
      expect(decide(trigger, CARD_LINE, [CONFIRMED, INBOUND], PLACED)).toMatchObject({
        verdict: 'not_legitimate',
        reason: 'inbound_only_line',
        relayedCallIds: [],
      });
    },
  );

  it('is unknown, `customer_rang`, where a customer asks about a call that their phone placed, also beside a live call', () => {
    expect(decide('customer', LINE, [OUTBOUND], PLACED)).toMatchObject({ verdict: 'unknown', reason: 'customer_rang' });
    expect(decide('customer', null, [INBOUND], PLACED)).toMatchObject({
      verdict: 'unknown',
      reason: 'customer_rang',
      relayedCallIds: [],
    });
  });

  it('is not `customer_rang` for a phone that rings while its owner is in a call that they placed', () => {
    expect(decide('ringing', LINE, [OUTBOUND], PLACED)).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(decide('ringing', FOREIGN, [INBOUND], PLACED)).toMatchObject({
      verdict: 'unknown',
      reason: 'not_our_line',
      relayedCallIds: [],
    });
  });

  it('is unknown, `already_on_that_call`, for what rings beside a call that the customer has confirmed', () => {
    for (const [number, call] of [
      [LINE, CONFIRMED],
      [null, CONFIRMED],
      [LINE, WITHOUT_LINE_CONFIRMED],
      [null, WITHOUT_LINE_CONFIRMED],
    ] as const) {
      expect(decide('ringing', number, [OUTBOUND, call], WAS_RUNG)).toEqual({
        verdict: 'unknown',
        reason: 'already_on_that_call',
        findings: [],
        callId: null,
        relayedCallIds: [],
      });
      for (const handset of [null, { inCall: false }])
        expect(decide('ringing', number, [call], handset)).toMatchObject({ verdict: 'legitimate', callId: call.id });
      expect(decide('customer', number, [call], WAS_RUNG)).toMatchObject({ verdict: 'legitimate', callId: call.id });
    }
    expect(decide('ringing', OTHER_LINE, [CONFIRMED, ON_OTHER], WAS_RUNG)).toMatchObject({
      verdict: 'legitimate',
      callId: 'on-other',
    });
  });

  it('is legitimate, `live_call`, for a live outbound call from this line, or where one side gives no number', () => {
    expect(decide('ringing', LINE, [OUTBOUND])).toEqual({
      verdict: 'legitimate',
      reason: 'live_call',
      findings: [],
      callId: 'outbound',
      relayedCallIds: [],
    });
    expect(decide('ringing', LINE, [ON_OTHER, OUTBOUND], WAS_RUNG)).toMatchObject({
      verdict: 'legitimate',
      callId: 'outbound',
    });
    expect(decide('ringing', null, [OUTBOUND])).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(decide('ringing', LINE, [WITHOUT_LINE])).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(decide('customer', null, [WITHOUT_LINE, INBOUND])).toMatchObject({
      verdict: 'legitimate',
      reason: 'live_call',
      relayedCallIds: [],
    });
  });

  it('is unknown, `other_channel`, where the customer is in a call of some app and the bank declared a phone call', () => {
    for (const [number, call] of [
      [LINE, OUTBOUND],
      [null, OUTBOUND],
      [LINE, WITHOUT_LINE],
    ] as const)
      for (const liveCalls of [[call], [call, INBOUND]])
        expect(decide('customer', number, liveCalls, VOIP)).toEqual({
          verdict: 'unknown',
          reason: 'other_channel',
          findings: ['other_channel'],
          callId: null,
          relayedCallIds: [],
        });
    expect(decide('ringing', LINE, [OUTBOUND], VOIP)).toMatchObject({ verdict: 'legitimate', findings: [] });
    for (const handset of [{ ...VOIP, inCall: false }, CELLULAR, { inCall: true, medium: 'unknown' } as const])
      expect(decide('customer', LINE, [OUTBOUND], handset)).toMatchObject({ verdict: 'legitimate', findings: [] });
  });

  it("is legitimate for a call in the bank's app, unless the phone shows a number or says that the network carries it", () => {
    for (const handset of [null, VOIP, { inCall: true }])
      expect(decide('customer', null, [OUTBOUND, IN_APP], handset)).toMatchObject({
        verdict: 'legitimate',
        callId: handset === VOIP ? 'in-app' : 'outbound',
        findings: [],
      });
    expect(decide('customer', null, [IN_APP], CELLULAR)).toMatchObject({ verdict: 'unknown', reason: 'other_channel' });
    for (const trigger of ['ringing', 'customer'] as const)
      expect(decide(trigger, LINE, [IN_APP])).toMatchObject({ verdict: 'unknown', reason: 'other_channel' });
    expect(decide('customer', FOREIGN, [IN_APP], VOIP)).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'not_our_line',
      findings: ['other_channel'],
    });
  });

  it('tells of a call of some app also where nothing was declared', () => {
    expect(decide('customer', null, [], VOIP)).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'no_live_call',
      findings: ['other_channel'],
    });
  });

  it("is unknown, `other_line`, for a live outbound call from another of the bank's lines", () => {
    expect(decide('ringing', OTHER_LINE, [OUTBOUND])).toMatchObject({
      verdict: 'unknown',
      reason: 'other_line',
      callId: null,
    });
    expect(decide('customer', OTHER_LINE, [OUTBOUND, INBOUND])).toMatchObject({
      verdict: 'unknown',
      reason: 'other_line',
      relayedCallIds: [],
    });
  });

  it('is not_legitimate, `someone_rang_as_you`, beside a live inbound call, where somebody says they are the bank, and names that call', () => {
    expect(decide('ringing', LINE, [INBOUND])).toEqual({
      verdict: 'not_legitimate',
      reason: 'someone_rang_as_you',
      findings: [],
      callId: null,
      relayedCallIds: ['inbound'],
    });
    expect(decide('customer', FOREIGN, [INBOUND, INBOUND_ON_LINE])).toMatchObject({
      reason: 'someone_rang_as_you',
      relayedCallIds: ['inbound', 'inbound-on-line'],
    });
    for (const handset of [null, { inCall: false }, { inCall: true }, WAS_RUNG])
      for (const trigger of ['customer', 'ringing'] as const) {
        expect(decide(trigger, LINE, [INBOUND], handset)).toMatchObject({ reason: 'someone_rang_as_you' });
      }
  });

  it('is no relay for the phone that placed the call, or for a caller who does not show a line of the bank', () => {
    expect(decide('ringing', LINE, [INBOUND], PLACED)).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'no_live_call',
      relayedCallIds: [],
    });
    expect(decide('ringing', FOREIGN, [INBOUND], { inCall: true })).toMatchObject({
      verdict: 'unknown',
      reason: 'not_our_line',
      relayedCallIds: [],
    });
    expect(decide('ringing', null, [INBOUND], { inCall: true })).toMatchObject({
      verdict: 'unknown',
      reason: 'number_withheld',
      relayedCallIds: [],
    });
  });

  it("is unknown, `not_our_line`, for a ringing number that is not the bank's", () => {
    for (const liveCalls of [[], [OUTBOUND], [WITHOUT_LINE], [INBOUND]])
      expect(decide('ringing', FOREIGN, liveCalls)).toMatchObject({
        verdict: 'unknown',
        reason: 'not_our_line',
        callId: null,
      });
    expect(decide('ringing', REMOVED, [ON_REMOVED])).toMatchObject({
      verdict: 'unknown',
      reason: 'not_our_line',
      callId: null,
    });
  });

  it('is not_legitimate, `not_our_line`, for such a number where a customer asks about a caller who says they are the bank', () => {
    for (const liveCalls of [[], [OUTBOUND]])
      expect(decide('customer', FOREIGN, liveCalls)).toMatchObject({
        verdict: 'not_legitimate',
        reason: 'not_our_line',
      });
  });

  it('is unknown, `number_withheld`, for a phone that rings and shows no number', () => {
    for (const handset of HANDSETS)
      expect(decide('ringing', null, [], handset)).toMatchObject({ verdict: 'unknown', reason: 'number_withheld' });
  });

  it('is not_legitimate, `no_live_call`, for anything else', () => {
    for (const trigger of ['ringing', 'customer'] as const)
      expect(decide(trigger, LINE, [])).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
    expect(decide('customer', null, [])).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
  });

  it('throws for a trigger that does not exist', () => {
    expect(() => decide('hunch' as 'ringing', LINE, [])).toThrow(TypeError);
  });
});
