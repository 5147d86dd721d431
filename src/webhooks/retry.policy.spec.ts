import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISABLE_AFTER_MS, judgeEndpoint, TELL_AFTER_MS } from './endpoint.policy.js';
import { JITTER, MOST_RETRY_AFTER_MS, nextAttemptIn, readRetryAfter, RETRY_SECONDS } from './retry.policy.js';

const random = fc.double({ min: 0, max: 1, noNaN: true });
const attempts = fc.integer({ min: 1, max: RETRY_SECONDS.length - 1 });
const asked = fc.option(fc.integer({ min: 0, max: 10 * MOST_RETRY_AFTER_MS }));

describe('the time until the next attempt', () => {
  it("is the standard's", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map((made) => nextAttemptIn(made, null, 0.5))).toEqual([
      5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
    ]);
    expect(nextAttemptIn(10, null, 0.5)).toBeNull();
  });

  it('stays within the jitter, and is spread over it', () => {
    fc.assert(
      fc.property(attempts, random, (made, chance) => {
        const scheduled = RETRY_SECONDS[made]! * 1_000;
        const wait = nextAttemptIn(made, null, chance)!;
        expect(wait).toBeGreaterThanOrEqual(Math.round(scheduled * (1 - JITTER)));
        expect(wait).toBeLessThanOrEqual(Math.round(scheduled * (1 + JITTER)));
      }),
    );
    expect(nextAttemptIn(3, null, 0)).toBeLessThan(nextAttemptIn(3, null, 1)!);
  });

  it('is never shorter than what the endpoint asks for, up to a day, and never shorter for its asking', () => {
    fc.assert(
      fc.property(attempts, asked, random, (made, retryAfter, chance) => {
        const wait = nextAttemptIn(made, retryAfter, chance)!;
        expect(wait).toBeGreaterThanOrEqual(nextAttemptIn(made, null, chance)!);
        expect(wait).toBeGreaterThanOrEqual(Math.min(retryAfter ?? 0, MOST_RETRY_AFTER_MS));
        expect(wait).toBeLessThanOrEqual(MOST_RETRY_AFTER_MS * (1 + JITTER));
      }),
    );
  });

  it('ends: whatever the endpoint says, there are ten attempts', () => {
    fc.assert(
      fc.property(fc.integer({ min: RETRY_SECONDS.length, max: 1_000 }), asked, random, (made, retryAfter, chance) => {
        expect(nextAttemptIn(made, retryAfter, chance)).toBeNull();
      }),
    );
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T09:30:00Z');
  it.each<[string | null, number | null]>([
    [null, null],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Sat, 31 Jan 2026 09:31:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 09:00:00 GMT', 0],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
    ['2026-01-31', null],
    ['99999999999', null],
  ])('%j is read as %j ms', (header, milliseconds) => {
    expect(readRetryAfter(header, now)).toBe(milliseconds);
  });

  it('is never negative, and no text throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readRetryAfter(text, now) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('an endpoint', () => {
  it('is told of before it is disabled for failing, at whatever times its attempts fall', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: DISABLE_AFTER_MS }), { minLength: 1, maxLength: 50 }), (gaps) => {
        let [failingForMs, told] = [0, false];
        for (const gap of gaps) {
          failingForMs += gap;
          const consequence = judgeEndpoint({ gone: false, failingForMs, told });
          if (consequence === 'disable_failing') {
            expect(told).toBe(true);
            expect(failingForMs).toBeGreaterThanOrEqual(DISABLE_AFTER_MS);
            return;
          }
          expect(failingForMs < DISABLE_AFTER_MS || !told).toBe(true);
          if (consequence === 'tell') {
            expect(failingForMs).toBeGreaterThanOrEqual(TELL_AFTER_MS);
            told = true;
          }
        }
      }),
    );
  });

  it('that is gone is disabled at once', () => {
    expect(judgeEndpoint({ gone: true, failingForMs: 0, told: false })).toBe('disable_gone');
  });
});
