import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalTime, readDay, readTime, readTimeZone } from './time.js';

describe('readTime', () => {
  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00-00:00', '2026-01-31T09:30:00.000Z'],
    // The examples of RFC 3339 §5.8.
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
    ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
    ['1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z'],
    ['2016-12-31T23:59:60.25Z', '2017-01-01T00:00:00.250Z'],
    ['2017-01-01T05:29:60+05:30', '2017-01-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00+14:00', '2024-02-28T10:00:00.000Z'],
    ['2026-01-31T09:30:00.999999999999999Z', '2026-01-31T09:30:00.999Z'],
    ['1900-01-01T00:00:00Z', '1900-01-01T00:00:00.000Z'],
    ['1899-12-31T23:00:00-01:00', '1900-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, means) => expect(canonicalTime(text)).toBe(means));

  it.each([
    '2026-02-30T10:00:00Z',
    '2026-02-29T10:00:00Z',
    '2000-02-30T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T10:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T23:60:00Z',
    '2026-01-31T23:59:61Z',
    '2026-01-31T09:30:60Z',
    '2026-12-31T23:59:60Z',
    '2016-12-31T23:59:60+01:00',
    '2016-12-30T23:59:60Z',
    '1971-12-31T23:59:60Z',
    '9999-12-31T23:59:59-12:00',
    '1900-01-01T00:00:00+00:01',
    '0099-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '+002026-01-31T09:30:00Z',
    '-2026-01-31T09:30:00Z',
    '12026-01-31T09:30:00Z',
    '2026-01-31T09:30:00+14:01',
    '2026-01-31T09:30:00-15:00',
    '2026-01-31T09:30:00+09:60',
    '2026-01-31T09:30:00+0900',
    '2026-01-31T09:30:00+09',
    '2026-01-31T09:30:00',
    '2026-01-31T09:30Z',
    '2026-01-31 09:30:00Z',
    '2026-01-31T09:30:00.Z',
    '2026-01-31T09:30:00,5Z',
    '2026-01-31T09:30:00Z\n',
    ' 2026-01-31T09:30:00Z',
    '２０２６-01-31T09:30:00Z',
    '٢٠٢٦-01-31T09:30:00Z',
    '2026-1-31T09:30:00Z',
    `2026-01-31T09:30:00.${'1'.repeat(30)}Z`,
    'now',
    '',
  ])('%s is no time', (text) => expect(readTime(text)).toBeNull());

  it('reads back every moment of its range, at any offset, and moves none', () => {
    const moments = fc.date({
      min: new Date('1900-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: -840, max: 840 }), (moment, offset) => {
        const local = new Date(moment.getTime() + offset * 60_000).toISOString();
        fc.pre(/^[1-9]\d{3}-/.test(local));
        const two = (number: number): string => String(Math.trunc(number)).padStart(2, '0');
        const written = `${local.slice(0, -1)}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
        expect(readTime(written)).toEqual(moment);
        expect(canonicalTime(canonicalTime(written)!)).toBe(moment.toISOString());
      }),
    );
  });

  it('takes every text of digits for the day that it names, or for none', () => {
    const number = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));
    fc.assert(
      fc.property(
        fc.integer({ min: 1800, max: 9999 }),
        number(13),
        number(32),
        number(25),
        number(61),
        number(61),
        (year, month, day, hour, minute, second) => {
          const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
          const read = canonicalTime(`${text}Z`);
          if (read !== null && second !== '60') expect(read).toBe(`${text}.000Z`);
          if (read === null && year >= 1900 && second !== '60')
            expect(Number.isNaN(Date.parse(`${text}Z`)) || new Date(`${text}Z`).toISOString() !== `${text}.000Z`).toBe(
              true,
            );
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('readDay', () => {
  it.each(['2026-12-25', '2024-02-29', '1900-01-01', '9999-12-31'])('%s is one', (day) =>
    expect(readDay(day)).toBe(day),
  );
  it.each([
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '26-12-25',
    '2026-12-25T00:00:00Z',
    '2026-12-25\n',
    '20261225',
    '1899-12-31',
    '0000-01-01',
    '٢٠٢٦-12-25',
    '',
  ])('%s is none', (day) => expect(readDay(day)).toBeNull());
});

describe('readTimeZone', () => {
  it.each([
    ['Europe/London'],
    ['America/Argentina/Buenos_Aires'],
    ['Asia/Kolkata'],
    ['Asia/Calcutta'],
    ['Europe/Kiev'],
    ['Europe/Kyiv'],
    ['America/Port-au-Prince'],
    ['Etc/GMT+5'],
    ['Etc/GMT-14'],
    ['GB'],
    ['GB-Eire'],
    ['US/Pacific'],
    ['NZ-CHAT'],
    ['EST'],
    ['MST'],
    ['HST'],
    ['EST5EDT'],
    ['CET'],
    ['WET'],
    ['GMT'],
    ['GMT0'],
    ['GMT+0'],
    ['UTC'],
    ['UCT'],
    ['Zulu'],
    ['W-SU'],
    ['PRC'],
    ['ROC'],
    ['Antarctica/Troll'],
    ['Australia/Lord_Howe'],
  ])('%s is one', (name) => {
    expect(readTimeZone(name)).toBe(name);
    expect(readTimeZone(name.toLowerCase())).toBe(name);
    expect(readTimeZone(name.toUpperCase())).toBe(name);
  });

  it.each([
    'BST',
    'IST',
    'AST',
    'PST',
    'ACT',
    'AET',
    'AGT',
    'ART',
    'BET',
    'CAT',
    'CNT',
    'CST',
    'CTT',
    'EAT',
    'ECT',
    'IET',
    'JST',
    'MIT',
    'NET',
    'NST',
    'PLT',
    'PNT',
    'PRT',
    'SST',
    'VST',
    'bst',
    'ist',
    'SystemV/AST4',
    'SystemV/PST8PDT',
    'US/Pacific-New',
    'Canada/East-Saskatchewan',
    'Etc/Unknown',
    'Factory',
    'Local',
    'localtime',
    'posixrules',
    'System',
    'Etc/GMT+13',
    'EST5',
    'GMT+1',
    'UTC+1',
    '+01:00',
    '-05:00',
    'Z',
    'London',
    'Europe',
    'Europe/',
    'Europe/Nowhere',
    'Europe/London ',
    ' Europe/London',
    'Europe\\London',
    'Europe/L\u043endon',
    'Europe/\u212Ayiv',
    'Europe/London\u0000',
    '__proto__',
    'constructor',
    'toString',
    '',
    'x'.repeat(100),
  ])('%s is none', (name) => expect(readTimeZone(name)).toBeNull());

  it('knows every zone that the runtime itself lists', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => readTimeZone(name) !== name)).toEqual([]);
  });
});
