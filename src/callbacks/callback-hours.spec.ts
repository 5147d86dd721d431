import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening } from './callback-hours.js';
import { afterAttempt, retryAfterSeconds } from './callback.machine.js';

const london = { timeZone: 'Europe/London', opens: '08:00', closes: '20:00', days: [1, 2, 3, 4, 5] };
const next = (from: string, hours = london) => nextOpening(new Date(from), hours)?.toISOString() ?? null;

describe('nextOpening', () => {
  it('is now within the hours', () => expect(next('2026-01-14T10:00:00Z')).toBe('2026-01-14T10:00:00.000Z'));
  it('is the same morning before they open', () => expect(next('2026-01-14T05:00:00Z')).toBe('2026-01-14T08:00:00.000Z'));
  it('is the next day from the moment they close', () => expect(next('2026-01-14T20:00:00Z')).toBe('2026-01-15T08:00:00.000Z'));
  it('steps over days on which nobody is rung', () => expect(next('2026-01-16T21:00:00Z')).toBe('2026-01-19T08:00:00.000Z'));
  it('keeps to the wall clock over the change to summer time', () => {
    expect(next('2026-03-27T21:00:00Z')).toBe('2026-03-30T07:00:00.000Z');
    expect(next('2026-10-23T20:00:00Z')).toBe('2026-10-26T08:00:00.000Z');
  });
  it('knows zones with odd offsets', () => expect(next('2026-01-14T00:00:00Z', { ...london, timeZone: 'Asia/Kathmandu' })).toBe('2026-01-14T02:15:00.000Z'));
  it('24:00 is the end of the day', () => expect(next('2026-01-14T23:59:59Z', { ...london, opens: '00:00', closes: '24:00' })).toBe('2026-01-14T23:59:59.000Z'));

  it('is never before what was asked, and always open', () => {
    fc.assert(fc.property(fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }), fc.constantFrom('Europe/London', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'), (from, timeZone) => {
      const hours = { ...london, timeZone };
      const opening = nextOpening(from, hours)!;
      expect(opening.getTime()).toBeGreaterThanOrEqual(from.getTime());
      expect(isOpen(opening, hours)).toBe(true);
    }));
  });
});

describe('attempts', () => {
  it('are three, and then the customer is unreachable', () => {
    expect([1, 2, 3].map((made) => afterAttempt('no_answer', made, 3))).toEqual(['queued', 'queued', 'unreachable']);
    expect(['verified', 'declined', 'wrong_person'].map((result) => afterAttempt(result as 'verified', 1, 3))).toEqual(['verified', 'declined', 'wrong_person']);
    expect(() => afterAttempt('odd' as never, 1, 3)).toThrow(TypeError);
  });
  it('wait twice as long each time', () => expect([1, 2, 3].map((made) => retryAfterSeconds(made, 1_800))).toEqual([1_800, 3_600, 7_200]));
});
