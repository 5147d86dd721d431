import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Demand,
  fullRate,
  type HeldAs,
  mayWrite,
  NO_DEMAND,
  type Shares,
  sharesOf,
  takeOne,
} from './tenant-rate.policy.js';

const CLASSES: readonly HeldAs[] = ['critical', 'interactive', 'bulk'];
const limit = fc.double({ min: 0.01, max: 5_000, noNaN: true });
const alone = (perSecond: number): Shares => sharesOf(perSecond, NO_DEMAND, NO_DEMAND);
const request = fc.record({ heldAs: fc.constantFrom(...CLASSES), afterMs: fc.integer({ min: 0, max: 400 }) });

describe('what a process lets in of a tenant', () => {
  it('is never more than a second’s worth beyond its share, and of what is critical four times that', () => {
    fc.assert(
      fc.property(limit, fc.array(request, { maxLength: 400 }), (each, requests) => {
        const room = Math.max(1, each);
        let [state, now, ordinary, critical] = [fullRate(alone(each), 0), 0, 0, 0];
        for (const { heldAs, afterMs } of requests) {
          now += afterMs;
          const outcome = takeOne(state, heldAs, alone(each), now);
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
      fc.property(limit, limit, fc.array(request, { maxLength: 200 }), (one, other, requests) => {
        let [state, now] = [fullRate(alone(one), 0), 0];
        for (const { heldAs, afterMs } of requests) {
          now += afterMs;
          const each = alone(now % 2 === 0 ? one : other);
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
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.constantFrom(...CLASSES), (perSecond, heldAs) => {
        const each = alone(perSecond);
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
      for (const heldAs of CLASSES)
        expect(takeOne(fullRate(alone(each), 0), heldAs, alone(each), 0).isAllowed).toBe(true);
  });

  it('is not more for a clock that goes back', () => {
    let state = fullRate(alone(2), 1_000);
    for (let n = 0; n < 2; n += 1) state = takeOne(state, 'interactive', alone(2), 1_000).state;
    state = takeOne(state, 'interactive', alone(2), 0).state;
    expect(takeOne(state, 'interactive', alone(2), 1_000).isAllowed).toBe(false);
  });
});

describe('shares of a limit', () => {
  const perSecond = fc.double({ min: 0, max: 10_000, noNaN: true });
  const demand = fc.record({ critical: perSecond, interactive: perSecond, bulk: perSecond });
  const limits = fc.integer({ min: 1, max: 10_000 });
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const add = (demands: readonly Demand[]): Demand => ({
    critical: sum(demands.map(({ critical }) => critical)),
    interactive: sum(demands.map(({ interactive }) => interactive)),
    bulk: sum(demands.map(({ bulk }) => bulk)),
  });
  const shared = (most: number, asked: readonly Demand[]): Shares[] =>
    asked.map((own, at) => sharesOf(most, own, add(asked.filter((_, n) => n !== at))));

  it('are the limit together where more is asked, and no less than what is asked where not', () => {
    fc.assert(
      fc.property(limits, fc.array(demand, { minLength: 2, maxLength: 12 }), (most, asked) => {
        const [shares, all] = [shared(most, asked), add(asked)];
        const [waited, left] = [
          all.critical + all.interactive,
          Math.max(0, 0.8 * most - all.critical - all.interactive),
        ];
        const held: ReadonlyArray<readonly [number, number, (own: Demand) => number, (share: Shares) => number]> = [
          [most, all.critical, (own) => own.critical, ({ critical }) => critical / 4],
          [most, waited, (own) => own.critical + own.interactive, ({ interactive }) => interactive],
          [left, all.bulk, ({ bulk: own }) => own, ({ bulk: share }) => share],
        ];
        for (const [room, asks, ownOf, shareOf] of held) {
          if (asks > room) expect(sum(shares.map(shareOf))).toBeCloseTo(room, 4);
          else
            for (const [at, own] of asked.entries())
              expect(shareOf(shares[at]!)).toBeGreaterThanOrEqual(ownOf(own) - 1e-6);
        }
      }),
    );
  });

  it('are as before for verdicts and for what somebody waits for, however many lists are asked of another process', () => {
    fc.assert(
      fc.property(limits, demand, demand, perSecond, (most, own, others, bulk) => {
        const [before, after] = [sharesOf(most, own, others), sharesOf(most, own, { ...others, bulk })];
        expect([after.critical, after.interactive]).toEqual([before.critical, before.interactive]);
        const asWell = sharesOf(most, own, { ...others, interactive: others.interactive + bulk });
        expect(asWell.critical).toBe(before.critical);
      }),
    );
  });

  it('are the whole for one that knows of nobody else, and four fifths of it for lists', () => {
    expect(alone(50)).toEqual({ critical: 200, interactive: 50, bulk: 40 });
    expect(sharesOf(50, { critical: 0, interactive: 900, bulk: 900 }, NO_DEMAND)).toMatchObject({
      interactive: 50,
      bulk: 0,
    });
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
