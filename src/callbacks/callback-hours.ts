import { DateTime } from 'luxon';
import type { CallbackPolicy } from '../policy/policy.js';
import { LATEST_TIME } from '../readers/time.js';

type Hours = Pick<CallbackPolicy, 'timeZone' | 'opens' | 'closes' | 'days' | 'holidays'>;

/** A policy may name more holidays than a year has days; a customer is not to wait for longer. */
const MOST_DAYS_AHEAD = 366;

/**
 * The first moment from `from` on at which policy lets customers be rung, or null where the next year has none. Local time
 * rules: on a day that a clock change shortens or lengthens, the hours are those that a wall clock shows; weekdays and
 * holidays are days of the policy's time zone.
 */
export function nextOpening(from: Date, hours: Hours): Date | null {
  const today = dayOf(from, hours);
  const holidays = new Set(hours.holidays);
  for (let ahead = 0; ahead <= MOST_DAYS_AHEAD; ahead += 1) {
    const day = today.plus({ days: ahead });
    if (!isWorked(day, hours, holidays)) continue;
    const [opens, closes] = openingOf(day, hours);
    const moment = from > opens ? from : opens;
    if (moment < closes) return moment <= LATEST_TIME ? moment : null;
  }
  return null;
}

/** Whether customers may be rung at this moment. */
export function isOpen(moment: Date, hours: Hours): boolean {
  const day = dayOf(moment, hours);
  if (!isWorked(day, hours, new Set(hours.holidays))) return false;
  const [opens, closes] = openingOf(day, hours);
  return opens <= moment && moment < closes;
}

/** A day of the calendar, without a zone, so that no change of a clock moves it. */
function dayOf(moment: Date, { timeZone }: Hours): DateTime {
  const { year, month, day } = DateTime.fromJSDate(moment, { zone: timeZone });
  return DateTime.utc(year, month, day);
}

function isWorked(day: DateTime, { days }: Hours, holidays: ReadonlySet<string>): boolean {
  return days.includes(day.weekday) && !holidays.has(day.toFormat('yyyy-MM-dd'));
}

/** Where a clock that is put back shows a time twice, the hours begin with the first and end with the last; a day ends once. */
function openingOf(day: DateTime, { opens, closes, timeZone }: Hours): [opens: Date, closes: Date] {
  const at = (time: string): DateTime[] => {
    const [hour, minute] = time.split(':').map(Number) as [number, number];
    const { year, month, day: date } = hour === 24 ? day.plus({ days: 1 }) : day;
    const found = DateTime.fromObject({ year, month, day: date, hour: hour % 24, minute }, { zone: timeZone });
    return found.getPossibleOffsets().sort((one, other) => one.toMillis() - other.toMillis());
  };
  return [
    at(opens)[0]!.toJSDate(),
    at(closes)
      .at(closes === '24:00' ? 0 : -1)!
      .toJSDate(),
  ];
}
