import { DateTime } from 'luxon';
import type { CallbackPolicy } from '../policy/policy.js';

type Hours = Pick<CallbackPolicy, 'timeZone' | 'opens' | 'closes' | 'days'>;

const MOST_DAYS_AHEAD = 21;

/**
 * The first moment from `from` on at which policy lets customers be rung, or null where the next three weeks have none.
 * Local time rules: on a day that a clock change shortens or lengthens, the hours are those that a wall clock shows.
 */
export function nextOpening(from: Date, hours: Hours): Date | null {
  const start = DateTime.fromJSDate(from, { zone: hours.timeZone });
  for (let ahead = 0; ahead <= MOST_DAYS_AHEAD; ahead += 1) {
    const day = start.startOf('day').plus({ days: ahead });
    if (!hours.days.includes(day.weekday)) continue;
    const opens = at(day, hours.opens);
    const closes = at(day, hours.closes);
    const moment = start > opens ? start : opens;
    if (moment < closes) return moment.toJSDate();
  }
  return null;
}

/** Whether customers may be rung at this moment. */
export function isOpen(moment: Date, hours: Hours): boolean {
  return nextOpening(moment, hours)?.getTime() === moment.getTime();
}

function at(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return hour === 24 ? day.plus({ days: 1 }) : day.set({ hour, minute });
}
