import { oddityOf } from '../readers/plain-text.js';
import { visible } from '../readers/text.js';

// Control characters other than tab and line feed, line and paragraph separators, bidirectional overrides and isolates:
// none has a place in a text, and the last can make a name read as another.
// eslint-disable-next-line no-control-regex -- it is there to refuse them
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

/** A message as somebody sent it, in several lines, that shows something. It is compared and never signed. */
export function isPlainText(value: string): boolean {
  return value.isWellFormed() && !UNPRINTABLE.test(value) && visible(value).trim() !== '';
}

/** Text in one line that looks like what it is: `oddityOf` finds nothing in it. */
export function isPlainLine(value: string): boolean {
  return oddityOf(value) === null;
}

export const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** A day that its month has (`Date` reads 30 February as 2 March) and an offset that some place on earth has; PostgreSQL knows no other. */
export function isRealTime(text: string): boolean {
  const [, year, month, day, offset = '00'] = /^(\d{4})-(\d\d)-(\d\d)T.*?(?:[+-](\d\d):\d\d)?$/.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return Number(year) > 0 && date.getUTCDate() === Number(day) && Number(offset) <= 14 && !Number.isNaN(Date.parse(text));
}

/** A number that is whole hundredths as it is written; 1.005 and 1e-7 are not. */
export function hasTwoDecimals(value: number): boolean {
  return Number.isInteger(value) || /^-?\d+\.\d{1,2}$/.test(String(value));
}
