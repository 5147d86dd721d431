import { describe, expect, test } from 'vitest';
import { PerClientLimit } from './per-client-limit.js';

describe('a limit for each client', () => {
  test('gives out as many as a minute holds, then says when there is another', () => {
    let now = 0;
    const limit = new PerClientLimit(30, () => now);
    for (let left = 29; left >= 0; left -= 1)
      expect(limit.take('192.0.2.1')).toEqual({ isAllowed: true, quota: 30, left, resetSeconds: left > 0 ? 0 : 2 });
    expect(limit.take('192.0.2.1')).toEqual({ isAllowed: false, quota: 30, left: 0, resetSeconds: 2 });
    expect(limit.take('192.0.2.2').isAllowed).toBe(true);
    now = 1_999;
    expect(limit.take('192.0.2.1').isAllowed).toBe(false);
    now = 2_000;
    expect(limit.take('192.0.2.1').isAllowed).toBe(true);
    expect(limit.take('192.0.2.1')).toMatchObject({ isAllowed: false, resetSeconds: 2 });
  });

  test('never holds more than a minute of it', () => {
    let now = 0;
    const limit = new PerClientLimit(2, () => now);
    limit.take('a');
    now = 10 * 60_000;
    expect([limit.take('a'), limit.take('a'), limit.take('a')].map(({ isAllowed }) => isAllowed)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
