import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completePolicy, DEFAULT_POLICY, type PolicyDocument } from './policy.js';
import { differencesOf } from './policy-difference.policy.js';

describe('what differs between two versions of the policy', () => {
  it('is told by field, with both values', () => {
    const given: PolicyDocument = { device: { ageSeconds: 7_200 }, neverAsk: ['Your PIN'] };
    expect(differencesOf(DEFAULT_POLICY, completePolicy(given))).toEqual([
      { field: '/device/ageSeconds', before: DEFAULT_POLICY.device.ageSeconds, after: 7_200 },
      { field: '/neverAsk', before: DEFAULT_POLICY.neverAsk, after: ['Your PIN'] },
    ]);
  });

  it('is nothing between a policy and itself, however it was written', () => {
    const words = { code: 'hang_up', locale: 'cy', headline: 'Rhowch y ffôn i lawr', steps: ['Un'] } as const;
    const turned = Object.fromEntries(Object.entries(words).reverse());
    expect(
      differencesOf(
        completePolicy({ advice: [words] } as unknown as PolicyDocument),
        completePolicy({ advice: [turned] } as unknown as PolicyDocument),
      ),
    ).toEqual([]);
    expect(differencesOf(DEFAULT_POLICY, completePolicy({ device: {} }))).toEqual([]);
  });

  it('is empty only where both are the same', () => {
    const seconds = fc.integer({ min: 30, max: 600 });
    fc.assert(
      fc.property(seconds, seconds, (one, other) => {
        const [before, after] = [one, other].map((lifetimeSeconds) =>
          completePolicy({ verification: { lifetimeSeconds } } as PolicyDocument),
        );
        expect(differencesOf(before!, after!).length === 0).toBe(one === other);
      }),
    );
  });
});
