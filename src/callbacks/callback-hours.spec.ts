import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening } from './callback-hours.js';
import { afterAttempt, retryAfterSeconds } from './callback.machine.js';

const london = {
  timeZone: 'Europe/London',
  opens: '08:00',
  closes: '20:00',
  days: [1, 2, 3, 4, 5],
  holidays: [] as string[],
};
const next = (from: string, hours = london) => nextOpening(new Date(from), hours)?.toISOString() ?? null;

describe('nextOpening', () => {
  it('is now within the hours', () => expect(next('2026-01-14T10:00:00Z')).toBe('2026-01-14T10:00:00.000Z'));
  it('is the same morning before they open', () =>
    expect(next('2026-01-14T05:00:00Z')).toBe('2026-01-14T08:00:00.000Z'));
  it('is the next day from the moment they close', () =>
    expect(next('2026-01-14T20:00:00Z')).toBe('2026-01-15T08:00:00.000Z'));
  it('steps over days on which nobody is rung', () =>
    expect(next('2026-01-16T21:00:00Z')).toBe('2026-01-19T08:00:00.000Z'));
  it('keeps to the wall clock over the change to summer time', () => {
    expect(next('2026-03-27T21:00:00Z')).toBe('2026-03-30T07:00:00.000Z');
    expect(next('2026-10-23T20:00:00Z')).toBe('2026-10-26T08:00:00.000Z');
  });
  it('knows zones with odd offsets', () =>
    expect(next('2026-01-14T00:00:00Z', { ...london, timeZone: 'Asia/Kathmandu' })).toBe('2026-01-14T02:15:00.000Z'));
  it('24:00 is the end of the day', () =>
    expect(next('2026-01-14T23:59:59Z', { ...london, opens: '00:00', closes: '24:00' })).toBe(
      '2026-01-14T23:59:59.000Z',
    ));

  describe('on holidays', () => {
    const holidays = ['2026-12-25', '2026-12-28', '2027-01-01'];
    it('is the first day after them that is none', () => {
      expect(next('2026-12-24T20:00:00Z', { ...london, holidays })).toBe('2026-12-29T08:00:00.000Z');
      expect(next('2026-12-25T10:00:00Z', { ...london, holidays })).toBe('2026-12-29T08:00:00.000Z');
      expect(next('2026-12-31T20:00:00Z', { ...london, holidays })).toBe('2027-01-04T08:00:00.000Z');
    });
    it('which are days of the time zone, and not of UTC', () => {
      const auckland = { ...london, timeZone: 'Pacific/Auckland', holidays: ['2026-12-25'] };
      expect(next('2026-12-24T10:00:00Z', auckland)).toBe('2026-12-27T19:00:00.000Z');
      expect(next('2026-12-23T20:00:00Z', auckland)).toBe('2026-12-23T20:00:00.000Z');
      const honolulu = { ...london, timeZone: 'Pacific/Honolulu', holidays: ['2026-12-25'] };
      expect(next('2026-12-25T05:00:00Z', honolulu)).toBe('2026-12-25T05:00:00.000Z');
      expect(next('2026-12-25T12:00:00Z', honolulu)).toBe('2026-12-28T18:00:00.000Z');
    });
    it('that last for more than three weeks is the day after them', () => {
      const august = Array.from({ length: 31 }, (_, day) => `2026-08-${String(day + 1).padStart(2, '0')}`);
      expect(next('2026-07-31T20:00:00Z', { ...london, days: [1, 2, 3, 4, 5, 6, 7], holidays: august })).toBe(
        '2026-09-01T07:00:00.000Z',
      );
    });
    it('that last for a year is null', () => {
      const all = Array.from({ length: 400 }, (_, day) =>
        new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10),
      );
      expect(next('2026-01-01T00:00:00Z', { ...london, holidays: all })).toBeNull();
      expect(isOpen(new Date('2026-06-01T10:00:00Z'), { ...london, holidays: all })).toBe(false);
    });
    it('of the last week that there is, is null', () => {
      expect(next('9999-12-31T22:00:00Z')).toBeNull();
      expect(next('9999-12-31T10:00:00Z', { ...london, holidays: ['9999-12-31'] })).toBeNull();
    });
  });

  it('begins with the first and ends with the last of the times that a clock shows twice', () => {
    const havana = { ...london, timeZone: 'America/Havana', days: [7] };
    // On 1 November 2026, at one in the morning, the clock there shows midnight once more.
    expect(next('2026-11-01T03:00:00Z', { ...havana, opens: '00:00', closes: '24:00' })).toBe(
      '2026-11-01T04:00:00.000Z',
    );
    expect(next('2026-11-01T05:29:00Z', { ...havana, opens: '00:00', closes: '00:30' })).toBe(
      '2026-11-01T05:29:00.000Z',
    );
    expect(isOpen(new Date('2026-11-01T05:30:00Z'), { ...havana, opens: '00:00', closes: '00:30' })).toBe(false);
    expect(isOpen(new Date('2026-11-01T04:30:00Z'), { ...havana, days: [6], opens: '00:00', closes: '24:00' })).toBe(
      false,
    );
  });

  const ZONES = [
    'Europe/London',
    'America/New_York',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'America/Havana',
    'Asia/Beirut',
    'Africa/Cairo',
    'America/Santiago',
    'Pacific/Chatham',
    'America/St_Johns',
    'Pacific/Apia',
    'UTC',
    'Etc/GMT+5',
    'GB',
  ];
  const moments = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  // Also close to a change of the clock, which the last Sundays of March and October, and many midnights, are.
  const near = fc
    .tuple(
      fc.constantFrom(
        '2026-03-29T01:00:00Z',
        '2026-10-25T01:00:00Z',
        '2026-04-23T22:00:00Z',
        '2026-10-29T21:00:00Z',
        '2026-03-08T05:00:00Z',
        '2026-11-01T05:00:00Z',
        '2026-09-06T04:00:00Z',
        '2026-04-05T03:00:00Z',
        '2026-03-28T22:00:00Z',
      ),
      fc.integer({ min: -180, max: 180 }),
    )
    .map(([time, minutes]) => new Date(Date.parse(time) + minutes * 60_000));
  // None opens or closes within an hour that comes twice: the wall clock would say so twice.
  const someHours = fc.record({
    timeZone: fc.constantFrom(...ZONES),
    hours: fc.constantFrom(
      ['00:00', '24:00'],
      ['00:00', '12:00'],
      ['08:00', '20:00'],
      ['05:30', '05:31'],
      ['22:15', '24:00'],
      ['12:00', '22:59'],
    ),
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    offsets: fc.array(fc.integer({ min: -3, max: 40 }), { maxLength: 40 }),
  });
  const hoursOf = (
    {
      timeZone,
      hours: [opens, closes],
      days,
      offsets,
    }: { timeZone: string; hours: readonly string[]; days: number[]; offsets: number[] },
    from: Date,
  ) => ({
    timeZone,
    opens: opens!,
    closes: closes!,
    days,
    holidays: offsets.map((days) => new Date(from.getTime() + days * 86_400_000).toISOString().slice(0, 10)),
  });
  /** What a wall clock and a calendar of the zone show, by the runtime's own reckoning. */
  const wall = (moment: Date, timeZone: string): { day: string; weekday: number; time: string } => {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat('en-GB', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })
        .formatToParts(moment)
        .map(({ type, value }) => [type, value]),
    );
    const day = `${parts.year}-${parts.month}-${parts.day}`;
    return { day, weekday: new Date(`${day}T00:00:00Z`).getUTCDay() || 7, time: `${parts.hour}:${parts.minute}` };
  };

  it('is open where a wall clock shows the hours, of a day that is no holiday, over every change of the clock', () => {
    fc.assert(
      fc.property(fc.oneof(moments, near), someHours, (moment, some) => {
        const hours = hoursOf(some, moment);
        const { day, weekday, time } = wall(moment, hours.timeZone);
        expect(isOpen(moment, hours)).toBe(
          hours.days.includes(weekday) && !hours.holidays.includes(day) && time >= hours.opens && time < hours.closes,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never before what was asked, always open, and there is none that is earlier', () => {
    fc.assert(
      fc.property(fc.oneof(moments, near), someHours, (from, some) => {
        const hours = hoursOf(some, from);
        const opening = nextOpening(from, hours)!;
        expect(opening.getTime()).toBeGreaterThanOrEqual(from.getTime());
        expect(isOpen(opening, hours)).toBe(true);
        if (opening > from) {
          for (
            let at = opening.getTime() - 60_000;
            at >= Math.max(from.getTime(), opening.getTime() - 3 * 86_400_000);
            at -= 1_740_000
          )
            expect(isOpen(new Date(at), hours)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('attempts', () => {
  it('are three, and then the customer is unreachable', () => {
    expect([1, 2, 3].map((made) => afterAttempt('no_answer', made, 3))).toEqual(['queued', 'queued', 'unreachable']);
    expect(['verified', 'declined', 'wrong_person'].map((result) => afterAttempt(result as 'verified', 1, 3))).toEqual([
      'verified',
      'declined',
      'wrong_person',
    ]);
    expect(() => afterAttempt('odd' as never, 1, 3)).toThrow(TypeError);
  });
  it('wait twice as long each time', () =>
    expect([1, 2, 3].map((made) => retryAfterSeconds(made, 1_800))).toEqual([1_800, 3_600, 7_200]));
});
