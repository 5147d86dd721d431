import { type CountryCode, parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import { isSpeltHidden } from './hidden-number.js';
import { digitsByValue, visible } from './text.js';

/** Longer than any telephone system writes a number with its scheme, host and parameters. */
export const MOST_NUMBER_CHARACTERS = 256;

/** Shows what follows from right to left: such a number reads otherwise than it looks. */
const RIGHT_TO_LEFT_OVERRIDE = '\u202e';

/** Controls, what is laid over a digit, and numbers that are no decimal digits, such as superscripts. */
const NOT_IN_A_CONTACT = /(?!\p{Default_Ignorable_Code_Point})[\p{M}\p{No}\p{Nl}]|[^\P{Cc}\t\n\r]/u;

/**
 * Reads a number that is to be kept or registered: a contact, a line. It is the whole text, in one system of digits, with
 * marks that people and phones put around it or without, as `tel:` (RFC 3966) or plain. Returns it in E.164, or null where
 * it is not a possible number of its country's plan, has an extension, or is spelt in letters. Possible, not assigned:
 * plans grow faster than any table of ranges, and the numbers that regulators keep for fiction are never assigned.
 */
export function toE164(text: string, defaultCountry: string): string | null {
  if (!isReadable(text) || NOT_IN_A_CONTACT.test(text) || countDigitSystems(text) > 1) return null;
  const written = plainForm(text)
    .replace(/^tel:\s*/i, '')
    .replace(/[\s,;.]+$/, '');
  if (!/^[+\d([][+\d ().\-/[\]]*$/.test(written)) return null;
  const digits = written.replace(/[^+\d]/g, '');
  return digits.lastIndexOf('+') > 0 ? null : possibleNumber(digits, defaultCountry);
}

/** A number of three to eight digits that is dialled or shown within one country only, such as `60012`; null for anything else. */
export function readShortNumber(text: string): string | null {
  if (!isReadable(text)) return null;
  const [digits] = /^\d[\d ]*\d$/.exec(plainForm(text)) ?? [''];
  const bare = digits.replaceAll(' ', '');
  return /^(?!0+$)\d{3,8}$/.test(bare) && !isSpeltHidden(bare) ? bare : null;
}

const COSTLY_TYPES: ReadonlySet<string | undefined> = new Set([
  'PREMIUM_RATE',
  'PERSONAL_NUMBER',
  'SHARED_COST',
  'PAGER',
]);
/** ITU-T E.164.1: satellite and other networks of no country, and universal personal and premium-rate numbers. */
const COSTLY_CODES: ReadonlySet<string> = new Set(['870', '878', '881', '882', '883', '979']);
/**
 * Ofcom's numbering plan gives 09 to premium-rate services, 070 to personal numbers and 076 to pagers, but for the Isle of
 * Man's mobile phones, also where no block is assigned yet.
 */
const COSTLY_BRITISH = /^\+44(?:9|70|76(?!24))/;

/**
 * Whether a call to this number (E.164) can cost a multiple of an ordinary one, of which its holder has a share: premium
 * rate, shared cost, personal and pager numbers, and those of networks of no country. Nobody should have to ring it.
 */
export function isCostlyNumber(e164: string): boolean {
  const number = parsePhoneNumberFromString(e164);
  return (
    COSTLY_BRITISH.test(e164) ||
    (number !== undefined && (COSTLY_TYPES.has(number.getType()) || COSTLY_CODES.has(number.countryCallingCode)))
  );
}

/** Whether a text is no longer than any number is written, and shows nothing from right to left. */
export function isReadable(text: string): boolean {
  return text.length <= MOST_NUMBER_CHARACTERS && !text.includes(RIGHT_TO_LEFT_OVERRIDE);
}

/** A text with one form for each character: ASCII digits by value, `+`, `-`, `.`, a space; nothing invisible. */
export function plainForm(text: string): string {
  const shown = visible(text)
    .replace(/\p{Bidi_Control}/gu, '')
    .normalize('NFKC')
    .replace(/\p{M}/gu, '');
  return digitsByValue(shown)
    .replace(/[\p{Pd}\u2212\u30fc]/gu, '-')
    .replace(/[\u00b7\u2022\u2027\u3002]/g, '.')
    .replace(/\u2795/g, '+')
    .replace(/\s+/g, ' ')
    .trim();
}

/** How many systems of decimal digits stand in a text (UTS #39 section 5.3). */
function countDigitSystems(text: string): number {
  return new Set((text.match(/\p{Nd}/gu) ?? []).map((digit) => digit.codePointAt(0)! - Number(digitsByValue(digit))))
    .size;
}

/** Shorter than any country's numbers with its code, though some plans' metadata have parts of numbers as possible. */
const FEWEST_DIGITS = 7;

/** The number in E.164, or null where its country's plan has none of that length. `digits` are ASCII, with a plus or without. */
export function possibleNumber(digits: string, defaultCountry: string): string | null {
  const number = parseNumber(digits, defaultCountry);
  if (!number?.isPossible() || /^0+$/.test(number.nationalNumber)) return null;
  return number.number.length > FEWEST_DIGITS ? number.number : null;
}

/** As libphonenumber has it: with the country's prefix or without. */
export function parseNumber(digits: string, defaultCountry: string): PhoneNumber | undefined {
  return parsePhoneNumberFromString(digits, { defaultCountry: defaultCountry as CountryCode, extract: false });
}
