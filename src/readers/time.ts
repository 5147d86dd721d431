import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Room for a time with an offset and some twenty digits of a fraction. */
const LONGEST_TIME = 40;
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/i;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

/** No customer, number or message is older, and no answer shows a year of six digits. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** The last moment that is read or shown. */
export const LATEST_TIME = new Date(LATEST_MS);

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No place on earth is further from UTC. */
const LARGEST_OFFSET_MINUTES = 14 * 60;

/** The days that ended in 23:59:60 UTC, by IERS Bulletin C. None came since, and none is to come after 2035 (CGPM 2022). */
const LEAP_SECOND_DAYS: ReadonlySet<string> = new Set(
  `1972-06-30 1972-12-31 1973-12-31 1974-12-31 1975-12-31 1976-12-31
  1977-12-31 1978-12-31 1979-12-31 1981-06-30 1982-06-30 1983-06-30 1985-06-30 1987-12-31 1989-12-31 1990-12-31 1992-06-30
  1993-06-30 1994-06-30 1995-12-31 1997-06-30 1998-12-31 2005-12-31 2008-12-31 2012-06-30 2015-06-30 2016-12-31`.split(
    /\s+/,
  ),
);

/**
 * The moment that an RFC 3339 `date-time` (§5.6) means, to the millisecond: what stands after that is cut off. `T` and `Z`
 * may be lower case, `-00:00` is UTC, and a leap second is the first moment of the next day, as in POSIX.
 *
 * Null for anything else: a day that its month has not, 24:00, a second 60 that never was, an offset of more than 14 hours,
 * a moment before 1900 or after 9999 in UTC, and texts of more than 40 characters.
 */
export function readTime(text: string): Date | null {
  const match = text.length <= LONGEST_TIME ? RFC_3339.exec(text) : null;
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = offsetMinutes(match[8], match[9], match[10]);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 60 || offset === null) return null;
  const whole = Date.UTC(year, month - 1, day, hour, minute, second) - offset * MINUTE_MS;
  if (second === 60 && !isAfterLeapSecond(whole)) return null;
  const time = whole + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return time >= EARLIEST_MS && time <= LATEST_MS ? new Date(time) : null;
}

/** A time in its one form, in UTC with milliseconds; null where it is none. */
export function canonicalTime(text: string): string | null {
  return readTime(text)?.toISOString() ?? null;
}

/** A calendar day as `YYYY-MM-DD` (RFC 3339 `full-date`), from 1900 to 9999; null where there is no such day. */
export function readDay(text: string): string | null {
  const match = DAY.exec(text);
  const [year, month, day] = (match ?? []).slice(1).map(Number) as [number, number, number];
  return match && isDay(year, month, day) && year >= 1900 ? text : null;
}

/**
 * The name of a time zone as IANA spells it, in any case of its letters; names that IANA keeps for what they used to be,
 * such as `GB` or `US/Pacific`, are names. Null for anything else, abbreviations such as `BST`, `IST` and `PST` among it:
 * the runtime would take them for zones that nobody means by them (Dhaka, Calcutta). An offset is no zone either.
 */
export function readTimeZone(text: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(text)) return null;
  const name = timeZoneNames().get(text.toLowerCase());
  return name !== undefined && isKnownHere(name) ? name : null;
}

function offsetMinutes(
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
): number | null {
  if (sign === undefined) return 0;
  const offset = Number(hours) * 60 + Number(minutes);
  return Number(minutes) <= 59 && offset <= LARGEST_OFFSET_MINUTES ? offset * (sign === '-' ? -1 : 1) : null;
}

/** `Date` reads 30 February as 2 March, and years before 100 as of the twentieth century. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isAfterLeapSecond(time: number): boolean {
  return time % DAY_MS === 0 && LEAP_SECOND_DAYS.has(new Date(time - DAY_MS).toISOString().slice(0, 10));
}

let names: ReadonlyMap<string, string> | undefined;

/** From the package `tzdata`, which follows each release of IANA's; by their names in lower case. */
function timeZoneNames(): ReadonlyMap<string, string> {
  if (!names) {
    const require = createRequire(import.meta.url);
    const { zones } = JSON.parse(readFileSync(require.resolve('tzdata/timezone-data.json'), 'utf8')) as {
      zones: Record<string, unknown>;
    };
    names = new Map(Object.keys(zones).map((name) => [name.toLowerCase(), name]));
  }
  return names;
}

const knownHere = new Map<string, boolean>();

/** A zone that is younger than the runtime could be named and not used. */
function isKnownHere(name: string): boolean {
  let known = knownHere.get(name);
  if (known === undefined) knownHere.set(name, (known = canFormat(name)));
  return known;
}

function canFormat(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
