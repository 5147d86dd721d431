import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPushIn, RETRY_SECONDS } from './push-retry.policy.js';

describe('the next attempt of a push', () => {
  it('is soon, and as late as the service asks for', () => {
    expect(nextPushIn(1, null, 120_000)).toBe(2_000);
    expect(nextPushIn(1, 30_000, 120_000)).toBe(30_000);
    expect(nextPushIn(6, null, 120_000)).toBe(60_000);
  });

  it('is never once the question has ended, before the service wants it, or for ever', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.option(fc.nat(10_000_000)), fc.nat(600_000), (attempts, retryAfterMs, leftMs) => {
        const wait = nextPushIn(attempts, retryAfterMs, leftMs);
        if (wait === null) return;
        expect(wait).toBeLessThan(leftMs);
        expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
        expect(attempts).toBeLessThan(RETRY_SECONDS.length);
      }),
    );
  });
});
