import { describe, expect, it } from 'vitest';
import { CrashLimit } from './crash-limit.js';

describe('the limit of crashes', () => {
  it('is passed by one more than it allows within the window', () => {
    const limit = new CrashLimit(3, 1_000);
    expect([0, 100, 200, 300].map((now) => limit.note(now))).toEqual([false, false, false, true]);
  });

  it('is never passed by deaths that are far enough apart', () => {
    const limit = new CrashLimit(3, 1_000);
    expect(Array.from({ length: 50 }, (_none, index) => limit.note(index * 334)).filter(Boolean)).toEqual([]);
    expect(new CrashLimit(3, 1_000).note(5)).toBe(false);
  });

  it('forgets what lies before the window', () => {
    const limit = new CrashLimit(1, 1_000);
    expect([0, 1_000, 1_999].map((now) => limit.note(now))).toEqual([false, false, true]);
  });
});
