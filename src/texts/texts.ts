import { DUTCH } from './dutch.js';
import { ENGLISH } from './english.js';
import { FRENCH } from './french.js';
import { GERMAN } from './german.js';
import { POLISH } from './polish.js';
import { SPANISH } from './spanish.js';
import type { Words } from './words.js';

/** The words that come with the service, by language. */
export const BUILT_IN: Readonly<Record<string, Words>> = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
  nl: DUTCH,
  pl: POLISH,
};

/** A locale in which something was found, and what. */
export interface Found<What> {
  readonly locale: string;
  readonly what: What;
}

/**
 * What there is for the first of the locales that has any, by the lookup of RFC 4647 section 3.4: the bank's own words before
 * ours, the nearest locale before one that is less particular; English where none has any.
 */
export function lookUp<What>(
  locales: readonly (string | null)[],
  own: (locale: string) => What | undefined,
  ours: (words: Words) => What,
): Found<What> {
  for (const locale of locales) {
    for (let wanted = locale?.toLowerCase() ?? ''; wanted !== ''; wanted = lessParticular(wanted)) {
      const what = own(wanted);
      if (what !== undefined) return { locale: locale!, what };
      const words = Object.hasOwn(BUILT_IN, wanted) ? BUILT_IN[wanted] : undefined;
      if (words) return { locale: locale!, what: ours(words) };
    }
  }
  return { locale: 'en', what: ours(ENGLISH) };
}

/**
 * What a bank has words of its own for is said in them: in the first of the locales that it has some in, the last of which is
 * its default; only where it has none are ours taken.
 */
export function ownOrOurs<What>(
  locales: readonly (string | null)[],
  own: (locale: string) => What | undefined,
  ours: (words: Words) => What,
): Found<What> {
  for (const locale of locales)
    for (let wanted = locale?.toLowerCase() ?? ''; wanted !== ''; wanted = lessParticular(wanted)) {
      const what = own(wanted);
      if (what !== undefined) return { locale: locale!, what };
    }
  return lookUp(locales, () => undefined, ours);
}

/** Without its last subtag, and without a single letter that would then stand last. */
function lessParticular(locale: string): string {
  return locale.split('-').slice(0, -1).join('-').replace(/-.$/, '');
}

/** A text with its `{places}` filled, each wherever it stands. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? values[name]! : place));
}

/** As many as a browser sends, and no more. */
const MOST_RANGES = 12;
const LONGEST_HEADER = 500;
const RANGE = /^([a-z]{1,8}(?:-[a-z0-9]{1,8}){0,7})(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The languages of an Accept-Language header (RFC 9110 section 12.5.4), the most wanted first. `*` wants nothing in
 * particular, and what is no range is passed over: a header never fails a request.
 */
export function readLanguages(header: string | undefined): string[] {
  if (header === undefined || header.length > LONGEST_HEADER) return [];
  return header
    .split(',', MOST_RANGES)
    .flatMap((part) => {
      const [, range, quality] = RANGE.exec(part.trim()) ?? [];
      const weight = quality === undefined ? 1 : Number(quality);
      return range === undefined || weight === 0 ? [] : [{ range, weight }];
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ range }) => range);
}
