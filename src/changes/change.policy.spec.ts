import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROOFS } from '../policy/policy.js';
import { CHANGE_STATUSES, type ChangeFacts, isProved, nextStep, proofOf, releaseAfter } from './change.policy.js';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 10);
const at = (days: number): Date => new Date(T0 + days * DAY);

const proved: ChangeFacts = {
  status: 'held',
  now: at(3),
  requestedAt: at(0),
  expiresAt: at(30),
  askedBy: 'amara',
  rules: {
    proofs: ['app', 'callback', 'letter', 'second_agent'],
    coolingOffSeconds: 86_400,
    deviceAgeSeconds: 3 * 86_400,
    contactAgeSeconds: 10 * 86_400,
  },
  denial: null,
  app: { at: at(1), deviceEnrolledAt: at(-3) },
  callback: { at: at(1), by: 'ben', via: 'app', numberSince: at(-10) },
  letter: { at: at(2) },
  secondAgent: { at: at(1), by: 'chioma' },
};

const day = fc.integer({ min: -20, max: 40 }).map(at);
const agent = fc.constantFrom('amara', 'ben', 'chioma');
const anyFacts: fc.Arbitrary<ChangeFacts> = fc.record({
  status: fc.constantFrom(...CHANGE_STATUSES),
  now: day,
  requestedAt: day,
  expiresAt: day,
  askedBy: agent,
  rules: fc.record({
    proofs: fc.uniqueArray(fc.constantFrom(...PROOFS)),
    coolingOffSeconds: fc.integer({ min: 0, max: 5 * 86_400 }),
    deviceAgeSeconds: fc.integer({ min: 0, max: 5 * 86_400 }),
    contactAgeSeconds: fc.integer({ min: 0, max: 20 * 86_400 }),
  }),
  denial: fc.option(fc.constantFrom('denied', 'reported', 'declined')),
  app: fc.option(fc.record({ at: day, deviceEnrolledAt: day })),
  callback: fc.option(
    fc.record({
      at: day,
      by: agent,
      via: fc.constantFrom('app' as const, 'offline_code' as const, 'spoken' as const),
      numberSince: day,
    }),
  ),
  letter: fc.option(fc.record({ at: day })),
  secondAgent: fc.option(fc.record({ at: day, by: agent })),
});

describe('nextStep', () => {
  it('releases a change that is proved, after cooling-off from the last proof', () => {
    expect(nextStep(proved)).toEqual({ step: 'release' });
    expect(releaseAfter(proved)).toEqual(at(3));
    expect(nextStep({ ...proved, now: new Date(at(3).getTime() - 1) })).toEqual({ step: null });
  });

  it.each([
    ['a denial, whatever else is in', { denial: 'denied' }, { step: 'refuse', because: 'denied' }],
    ['the app proof missing', { app: null }, { step: null }],
    [
      'a device that was too new when the change was asked for',
      { app: { at: at(1), deviceEnrolledAt: at(-2.9) } },
      { step: null },
    ],
    [
      'a number that was too new when the change was asked for',
      { callback: { ...proved.callback!, numberSince: at(-9.9) } },
      { step: null },
    ],
    ['a callback by the agent who asked', { callback: { ...proved.callback!, by: 'amara' } }, { step: null }],
    ['an approval by the agent who asked', { secondAgent: { at: at(1), by: 'amara' } }, { step: null }],
    ['an approval by the agent who rang back', { secondAgent: { at: at(1), by: 'ben' } }, { step: null }],
    ['its time gone by unproved', { letter: null, now: at(30) }, { step: 'expire' }],
  ])('%s', (_name, more, expected) => {
    expect(nextStep({ ...proved, ...more } as ChangeFacts)).toEqual(expected);
  });

  it('a word alone counts only beside a letter', () => {
    const spoken = { ...proved.callback!, via: 'spoken' as const };
    expect(isProved({ ...proved, callback: spoken })).toBe(true);
    expect(isProved({ ...proved, callback: spoken, rules: { ...proved.rules, proofs: ['app', 'callback'] } })).toBe(
      false,
    );
  });

  it('an unknown status or proof throws, so that it never passes for an open or a given one', () => {
    expect(() => nextStep({ ...proved, status: 'odd' as never })).toThrow(TypeError);
    expect(() => proofOf(proved, 'odd' as never)).toThrow(TypeError);
  });

  it('no step leaves a closed change, and nothing is released that is not proved in every part', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { step } = nextStep(facts);
        if (facts.status !== 'held') expect(step).toBeNull();
        if (step !== 'release') return;
        const { rules, requestedAt, app, callback, letter, secondAgent } = facts;
        expect(facts.denial).toBeNull();
        expect(rules.proofs.length).toBeGreaterThan(0);
        const needs = (proof: (typeof PROOFS)[number]) => rules.proofs.includes(proof);
        if (needs('app'))
          expect(app!.deviceEnrolledAt.getTime() + rules.deviceAgeSeconds * 1000).toBeLessThanOrEqual(
            requestedAt.getTime(),
          );
        if (needs('callback')) {
          expect(callback!.numberSince.getTime() + rules.contactAgeSeconds * 1000).toBeLessThanOrEqual(
            requestedAt.getTime(),
          );
          expect(callback!.by).not.toBe(facts.askedBy);
        }
        if (needs('letter')) expect(letter).not.toBeNull();
        if (needs('second_agent')) {
          expect(secondAgent!.by).not.toBe(facts.askedBy);
          expect(secondAgent!.by).not.toBe(callback?.by);
        }
        const given = [
          needs('app') && app,
          needs('callback') && callback,
          needs('letter') && letter,
          needs('second_agent') && secondAgent,
        ].filter(Boolean) as { at: Date }[];
        for (const proof of given)
          expect(facts.now.getTime()).toBeGreaterThanOrEqual(proof.at.getTime() + rules.coolingOffSeconds * 1000);
      }),
      { numRuns: 2_000 },
    );
  });

  it('taking a proof away never brings a release', () => {
    fc.assert(
      fc.property(anyFacts, fc.constantFrom('app', 'callback', 'letter', 'secondAgent'), (facts, proof) => {
        if (nextStep(facts).step === 'release') return;
        const less = { ...facts, [proof]: null };
        // Without a callback, who approved may be anybody but who asked.
        if (proof === 'callback' && !facts.rules.proofs.includes('callback')) return;
        const later = releaseAfter(less).getTime() < releaseAfter(facts).getTime();
        if (!later) expect(nextStep(less).step).not.toBe('release');
      }),
      { numRuns: 1_000 },
    );
  });
});
