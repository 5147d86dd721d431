import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayOpenStream } from './stream-shares.policy.js';

/** Opens in turns for all that want more, until nobody may. */
function fill(most: number, tenants: number, wanting: number): number[] {
  const own = Array.from({ length: wanting }, () => 0);
  for (let grew = true; grew;) {
    grew = false;
    for (const n of own.keys()) {
      const all = own.reduce((sum, one) => sum + one, 0);
      if (all >= most || !mayOpenStream({ own: own[n]!, all }, { most, tenants })) continue;
      own[n]! += 1;
      grew = true;
    }
  }
  return own;
}

describe('the streams of a tenant', () => {
  it.each([
    [5_000, 1, 1, [5_000]],
    [5_000, 2, 1, [2_500]],
    [24, 2, 2, [8, 8]],
    [24, 5, 3, [6, 6, 6]],
  ])('of %i connections, of %i tenants of whom %i want all, are %j', (most, tenants, wanting, expected) => {
    expect(fill(most, tenants, wanting)).toEqual(expected);
  });

  it('leave one to whoever has none, as long as there are more connections than tenants', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 500 }), fc.integer({ min: 2, max: 9 }), (most, tenants) => {
        const all = fill(most, tenants, tenants - 1).reduce((sum, one) => sum + one, 0);
        expect(mayOpenStream({ own: 0, all }, { most, tenants })).toBe(true);
      }),
    );
  });
});
