import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Asked, standingOf, toneOf } from '../../packages/elements/src/agent-panel/call-standing.js';

const STATUSES = ['waiting', 'confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'];
const asked = (status: string): Asked => ({
  id: 'ver_1',
  status,
  expiresAt: '2026-01-31T09:30:00.000Z',
  attemptsLeft: 5,
  findings: [],
  reason: null,
});
const facts = fc.record({
  call: fc.option(
    fc.record({
      state: fc.constantFrom('live', 'ended', 'something new'),
      relaySuspectedAt: fc.option(fc.constant('2026-01-31T09:30:00.000Z')),
    }),
  ),
  asked: fc.option(fc.constantFrom(...STATUSES, 'something new', '').map(asked)),
  relay: fc.boolean(),
  stale: fc.boolean(),
});

describe('how a call stands', () => {
  test('is green for a confirmed answer in a live call that was heard of just now and nothing else', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { call, asked, relay, stale } = given;
        const holds =
          call?.state === 'live' && !call.relaySuspectedAt && !relay && !stale && asked?.status === 'confirmed';
        expect(toneOf(standingOf(given)) === 'genuine').toBe(holds);
      }),
    );
  });

  test('is an alarm whatever else is known', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { call, asked, relay } = given;
        const alarmed = call !== null && (relay || Boolean(call.relaySuspectedAt) || asked?.status === 'reported');
        expect(standingOf(given) === 'alarm').toBe(alarmed);
      }),
    );
  });

  test.each([
    ['no call', { call: null, asked: null }, 'none'],
    ['nothing asked', { call: { state: 'live' }, asked: null }, 'unasked'],
    ['asked', { call: { state: 'live' }, asked: asked('waiting') }, 'waiting'],
    ['a status that this panel does not know', { call: { state: 'live' }, asked: asked('blessed') }, 'unknown'],
    ['confirmed, and over', { call: { state: 'ended' }, asked: asked('confirmed') }, 'ended'],
  ])('with %s', (_, given, standing) => {
    expect(standingOf({ ...given, relay: false, stale: false })).toBe(standing);
  });

  test('is not known once nothing is heard', () => {
    for (const status of STATUSES.filter((one) => one !== 'reported'))
      expect(standingOf({ call: { state: 'live' }, asked: asked(status), relay: false, stale: true })).toBe('stale');
  });
});
