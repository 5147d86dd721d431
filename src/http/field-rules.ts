import {
  arrayMaxSize,
  arrayMinSize,
  isArray,
  isBoolean,
  isDefined,
  isIn,
  isInt,
  isObject,
  isString,
  max,
  maxLength,
  min,
  minLength,
} from 'class-validator';
import { isCountry } from '../readers/country.js';
import { readLocale } from '../readers/locale.js';
import { MOST_TEAM_CHARACTERS, readTeam } from '../readers/team.js';
import { ODDITIES, oddityOf } from '../readers/plain-text.js';
import { visible } from '../readers/text.js';
import { canonicalTime, readTimeZone } from '../readers/time.js';

type Members = Readonly<Record<string, unknown>>;

/** One rule of a field, declared once: what holds, what is said where it does not, and how OpenAPI puts it. */
export interface Rule {
  /** Under which class-validator keeps what is said; of two rules of a name in one field one is heard. */
  readonly name: string;
  readonly holds: (value: unknown) => boolean;
  readonly says: string | ((value: unknown) => string);
  readonly members?: Members;
  /** What it holds for is a text, a number or a truth value, so that there is nothing in it to copy. */
  readonly simple?: true;
  /** The form in which a text is kept. */
  readonly read?: (value: unknown) => string | null;
  /** Of which class an object, or each in a list, is. */
  readonly nested?: () => new () => object;
}

/** A rule of a value, or of each in a list. */
export type PlacedRule = Rule & { readonly each?: true };

/** The same rules of each value in a list. */
export function each(...rules: readonly Rule[]): PlacedRule[] {
  return rules.map((rule) => ({
    ...rule,
    each: true,
    says: typeof rule.says === 'string' ? `each value ${rule.says}` : rule.says,
  }));
}

/** What OpenAPI says of a field of these rules. */
export function mergedMembers(rules: readonly PlacedRule[]): Members {
  const of = (some: readonly PlacedRule[]): Members =>
    Object.assign({}, ...some.map(({ members }) => members)) as Members;
  const items = of(rules.filter((rule) => rule.each));
  const whole = of(rules.filter((rule) => !rule.each));
  return Object.keys(items).length > 0 ? { ...whole, items } : whole;
}

export const STRING: Rule = {
  name: 'isString',
  holds: isString,
  says: 'must be a string',
  members: { type: 'string' },
  simple: true,
};

const HIGHEST_ASCII = 0x7f;

/** Lengths are in characters, as class-validator counts them; what begins with a letter of ASCII has one. */
export function shortest(least: number): Rule {
  const hasPlainly = (value: unknown): boolean =>
    least <= 1 && typeof value === 'string' && (least === 0 || value.charCodeAt(0) <= HIGHEST_ASCII);
  return {
    name: 'minLength',
    holds: (value) => hasPlainly(value) || minLength(value, least),
    says: `must be longer than or equal to ${least} characters`,
    members: { minLength: least },
  };
}

/** What is short enough in UTF-16 is so in characters. */
export function longest(most: number): Rule {
  return {
    name: 'maxLength',
    holds: (value) => (typeof value === 'string' && value.length <= most) || maxLength(value, most),
    says: `must be shorter than or equal to ${most} characters`,
    members: { maxLength: most },
  };
}

export function fitting(pattern: RegExp, says: string): Rule {
  return {
    name: 'matches',
    holds: (value) => typeof value === 'string' && pattern.test(value),
    says,
    members: { pattern: pattern.source },
  };
}

export function among(values: readonly string[]): Rule {
  return {
    name: 'isIn',
    holds: (value) => isIn(value, values),
    says: `must be one of the following values: ${values.join(', ')}`,
    members: { type: 'string', enum: [...values] },
    simple: true,
  };
}

export const FLAG: Rule = {
  name: 'isBoolean',
  holds: isBoolean,
  says: 'must be a boolean value',
  members: { type: 'boolean' },
  simple: true,
};

export const INTEGER: Rule = {
  name: 'isInt',
  holds: isInt,
  says: 'must be an integer number',
  members: { type: 'integer' },
  simple: true,
};

/** A number that is whole hundredths as it is written; 1.005 and 1e-7 are not. */
export const HUNDREDTHS: Rule = {
  name: 'isNumber',
  holds: (value) => typeof value === 'number' && (Number.isInteger(value) || /^-?\d+\.\d{1,2}$/.test(String(value))),
  says: 'must be a number conforming to the specified constraints',
  members: { type: 'number' },
  simple: true,
};

export function from(minimum: number): Rule {
  return {
    name: 'min',
    holds: (value) => min(value, minimum),
    says: `must not be less than ${minimum}`,
    members: { minimum },
  };
}

export function to(maximum: number): Rule {
  return {
    name: 'max',
    holds: (value) => max(value, maximum),
    says: `must not be greater than ${maximum}`,
    members: { maximum },
  };
}

export const LIST: Rule = { name: 'isArray', holds: isArray, says: 'must be an array', members: { type: 'array' } };

export function itemsFrom(minItems: number): Rule {
  return {
    name: 'arrayMinSize',
    holds: (value) => arrayMinSize(value, minItems),
    says: `must contain at least ${minItems} elements`,
    members: { minItems },
  };
}

export function itemsTo(maxItems: number): Rule {
  return {
    name: 'arrayMaxSize',
    holds: (value) => arrayMaxSize(value, maxItems),
    says: `must contain no more than ${maxItems} elements`,
    members: { maxItems },
  };
}

export const OBJECT: Rule = { name: 'isObject', holds: isObject, says: 'must be an object' };

/** What is in an object, or in each in a list, follows the rules of its class; class-validator goes into it itself. */
export function nestedIn(nested: () => new () => object): Rule {
  return { name: 'nestedValidation', holds: () => true, says: '', nested };
}

/** Any JSON but null. */
export const GIVEN: Rule = { name: 'isDefined', holds: isDefined, says: 'must be given' };

// Control characters other than tab and line feed, line and paragraph separators, bidirectional overrides and isolates:
// none has a place in a text, and the last can make a name read as another.
// eslint-disable-next-line no-control-regex -- it is there to refuse them
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

/** A message as somebody sent it, in several lines, that shows something. It is compared and never signed. */
export const PLAIN_TEXT: Rule = {
  name: 'isPlainText',
  holds: (value) =>
    typeof value !== 'string' || (value.isWellFormed() && !UNPRINTABLE.test(value) && visible(value).trim() !== ''),
  says: 'plain text: not blank, without control characters, direction overrides or unpaired surrogates',
};

const isOddLine = (value: unknown): boolean => typeof value === 'string' && oddityOf(value) !== null;

/** What is wrong with a line; it repeats nothing of it. */
function plainLineFault(value: unknown): string {
  const oddity = typeof value === 'string' ? oddityOf(value) : null;
  return `plain text in one line that looks like what it is${oddity === null ? '' : `; this ${ODDITIES[oddity]}`}`;
}

/** Text in one line that looks like what it is: `oddityOf` finds nothing in it. */
export const PLAIN_LINE: Rule = { name: 'isPlainText', holds: (value) => !isOddLine(value), says: plainLineFault };

/** The same of each text in a list; what is said is about the first that is none. */
export const PLAIN_LINES: Rule = {
  name: 'arePlainLines',
  holds: (value) => !Array.isArray(value) || !value.some(isOddLine),
  says: (value) => `each is ${plainLineFault(Array.isArray(value) ? value.find(isOddLine) : undefined)}`,
};

export interface Readable extends Rule {
  readonly most: number;
  readonly read: (value: unknown) => string | null;
}

/** A text of at most so many characters that is kept in the one form in which its reader gives it, which refuses by null. */
function readable(most: number, reader: (text: string) => string | null, says: string, members: Members): Readable {
  const read = (value: unknown): string | null =>
    typeof value === 'string' && value.length <= most ? reader(value) : null;
  return { name: 'isReadable', holds: (value) => read(value) !== null, says, members, read, most };
}

export const TIME = readable(
  40,
  canonicalTime,
  'must be an RFC 3339 time that exists, such as 2026-01-31T09:30:00Z, from 1900 to 9999',
  { format: 'date-time' },
);
export const LOCALE = readable(35, readLocale, 'must be a locale such as en or cy-GB (BCP 47)', {
  pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$',
});
/** A locale, or null where none is to be any more. */
export const LOCALE_OR_NULL: Readable = {
  ...LOCALE,
  holds: (value) => value === null || LOCALE.holds(value),
  says: `${String(LOCALE.says)}, or null`,
  members: { type: 'string', maxLength: LOCALE.most, ...LOCALE.members },
};
/** The name of a team, which reads as it looks. */
export const TEAM: Readable = {
  ...PLAIN_LINE,
  holds: (value) => !isOddLine(value) && (typeof value !== 'string' || readTeam(value) !== null),
  most: MOST_TEAM_CHARACTERS,
  read: (value) => (typeof value === 'string' ? readTeam(value) : null),
};
export const TIME_ZONE = readable(64, readTimeZone, 'must be an IANA time zone such as Europe/London', {
  pattern: '^[A-Za-z][A-Za-z0-9_+/-]+$',
});
export const COUNTRY = readable(
  2,
  (text) => (isCountry(text) ? text : null),
  'must be an ISO 3166-1 alpha-2 code such as GB',
  { pattern: '^[A-Z]{2}$' },
);
