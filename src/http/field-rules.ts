import { isCountry } from '../readers/country.js';
import { readLocale } from '../readers/locale.js';
import { oddityOf } from '../readers/plain-text.js';
import { visible } from '../readers/text.js';
import { canonicalTime, readTimeZone } from '../readers/time.js';

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

/**
 * Texts that are kept in the one form that their reader gives them, by the name that they have in a checked shape; a reader
 * refuses by null.
 */
export const READ_AS = {
  'real-time': canonicalTime,
  'time-zone': readTimeZone,
  locale: readLocale,
  country: (text: string): string | null => (isCountry(text) ? text : null),
} as const satisfies Readonly<Record<string, (text: string) => string | null>>;

/** A number that is whole hundredths as it is written; 1.005 and 1e-7 are not. */
export function hasTwoDecimals(value: number): boolean {
  return Number.isInteger(value) || /^-?\d+\.\d{1,2}$/.test(String(value));
}
