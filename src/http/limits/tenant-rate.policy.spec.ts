import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullRate, type HeldAs, mayWrite, shareOf, takeOne } from './tenant-rate.policy.js';

const CLASSES: readonly HeldAs[] = ['critical', 'interactive', 'bulk'];
const share = fc.double({ min: 0.01, max: 5_000, noNaN: true });
const request = fc.record({ heldAs: fc.constantFrom(...CLASSES), afterMs: fc.integer({ min: 0, max: 400 }) });

describe('what a process lets in of a tenant', () => {
  it('is never more than a second’s worth beyond its share, and of what is critical four times that', () => {
    fc.assert(
      fc.property(share, fc.array(request, { maxLength: 400 }), (each, requests) => {
        const room = Math.max(1, each);
        let [state, now, ordinary, critical] = [fullRate(each, 0), 0, 0, 0];
        for (const { heldAs, afterMs } of requests) {
          now += afterMs;
          const outcome = takeOne(state, heldAs, each, now);
          state = outcome.state;
          if (outcome.isAllowed && heldAs === 'critical') critical += 1;
          else if (outcome.isAllowed) ordinary += 1;
          expect(ordinary).toBeLessThanOrEqual(room + (each * now) / 1_000 + 1e-6);
          expect(critical).toBeLessThanOrEqual(4 * (room + (each * now) / 1_000) + 1e-6);
        }
      }),
    );
  });

  it('refuses what can wait first: where a verdict is refused, so is all else; where a list is let in, so is all else', () => {
    fc.assert(
      fc.property(share, share, fc.array(request, { maxLength: 200 }), (one, other, requests) => {
        let [state, now] = [fullRate(one, 0), 0];
        for (const { heldAs, afterMs } of requests) {
          now += afterMs;
          const each = now % 2 === 0 ? one : other;
          const may = Object.fromEntries(CLASSES.map((name) => [name, takeOne(state, name, each, now).isAllowed]));
          if (may.bulk) expect(may.interactive).toBe(true);
          if (may.interactive) expect(may.critical).toBe(true);
          state = takeOne(state, heldAs, each, now).state;
        }
      }),
    );
  });

  it('says when there is more, and is right', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(...CLASSES), (each, heldAs) => {
        let outcome = takeOne(fullRate(each, 0), heldAs, each, 0);
        while (outcome.isAllowed) outcome = takeOne(outcome.state, heldAs, each, 0);
        const later = outcome.resetSeconds * 1_000 + 1e-3;
        expect(outcome.resetSeconds).toBeGreaterThan(0);
        expect(takeOne(outcome.state, heldAs, each, later).isAllowed).toBe(true);
        expect(takeOne(outcome.state, heldAs, each, later / 3).isAllowed).toBe(false);
      }),
    );
  });

  it('lets in a list of whoever has asked nothing, however small the limit', () => {
    for (const each of [0, 0.1, 1, 1.2, 7])
      for (const heldAs of CLASSES) expect(takeOne(fullRate(each, 0), heldAs, each, 0).isAllowed).toBe(true);
  });

  it('is not more for a clock that goes back', () => {
    let state = fullRate(2, 1_000);
    for (let n = 0; n < 2; n += 1) state = takeOne(state, 'interactive', 2, 1_000).state;
    state = takeOne(state, 'interactive', 2, 0).state;
    expect(takeOne(state, 'interactive', 2, 1_000).isAllowed).toBe(false);
  });
});

describe('shares of a limit', () => {
  const demands = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 12 });
  const sharesOf = (limit: number, asked: readonly number[]): number[] =>
    asked.map((own, at) =>
      shareOf(limit, { own, others: asked.reduce((sum, one, n) => (n === at ? sum : sum + one), 0) }),
    );

  it('are the limit together where more is asked, and no less than what is asked where not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), demands, (limit, asked) => {
        const all = asked.reduce((sum, one) => sum + one, 0);
        const shares = sharesOf(limit, asked);
        if (all > limit) expect(shares.reduce((sum, one) => sum + one, 0)).toBeCloseTo(limit, 4);
        else for (const [at, own] of asked.entries()) expect(shares[at]).toBeGreaterThanOrEqual(own - 1e-6);
      }),
    );
  });

  it('are the whole for one that knows of nobody else', () => {
    expect(shareOf(50, { own: 0, others: 0 })).toBe(50);
    expect(shareOf(50, { own: 900, others: 0 })).toBe(50);
  });
});

describe('what is written in a second', () => {
  it('ends for lists and imports first, and never for what protects somebody', () => {
    expect([7, 8, 9, 10, 1_000].map((written) => CLASSES.map((heldAs) => mayWrite(heldAs, written, 10)))).toEqual([
      [true, true, true],
      [true, true, false],
      [true, true, false],
      [true, false, false],
      [true, false, false],
    ]);
    expect(mayWrite('bulk', 0, 1)).toBe(true);
  });
});
