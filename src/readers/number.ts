import { type CountryCode, parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import { isHiddenNumber } from './hidden-number.js';
import { digitsByValue, visible } from './text.js';

/** Longer than any telephone system writes a number with its scheme, host and parameters. */
export const MOST_NUMBER_CHARACTERS = 256;

/** What nearly every phone sends (ITU-T E.164), and needs no cleaning. */
const E164 = /^\+[1-9]\d{7,14}$/;
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

/**
 * Reads the number that a phone, a dialler, a network or a person shows for a caller, whatever marks, schemes (RFC 3966,
 * RFC 3261), hosts, extensions, pauses or names stand around it; a display name beside an address counts for nothing.
 * Returns it in E.164. Null, as if none were given, for what phones show for a hidden number, for what is no number, and
 * where two different numbers stand.
 */
export function readCallerNumber(text: string, defaultCountry: string): string | null {
  if (E164.test(text)) return numberOf(text, defaultCountry);
  if (!isReadable(text)) return null;
  const addresses = addressesIn(plainForm(percentDecoded(text)));
  const numbers = new Set(addresses.flatMap((address) => numbersIn(address, defaultCountry)));
  return numbers.size === 1 ? [...numbers][0]! : null;
}

/** A number of three to eight digits that is dialled or shown within one country only, such as `60012`; null for anything else. */
export function readShortNumber(text: string): string | null {
  if (!isReadable(text)) return null;
  const [digits] = /^\d[\d ]*\d$/.exec(plainForm(text)) ?? [''];
  const bare = digits.replaceAll(' ', '');
  return /^(?!0+$)\d{3,8}$/.test(bare) && !SPELT_HIDDEN.has(bare) ? bare : null;
}

const COSTLY_TYPES: ReadonlySet<string | undefined> = new Set([
  'PREMIUM_RATE',
  'PERSONAL_NUMBER',
  'SHARED_COST',
  'PAGER',
]);
/** ITU-T E.164.1: satellite and other networks of no country, and universal personal and premium-rate numbers. */
const COSTLY_CODES: ReadonlySet<string> = new Set(['870', '878', '881', '882', '883', '979']);
/** Ofcom's numbering plan gives 09 to premium-rate services and 070 to personal numbers, also where no block is assigned yet. */
const COSTLY_BRITISH = /^\+44(?:9|70)/;

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

function isReadable(text: string): boolean {
  return text.length <= MOST_NUMBER_CHARACTERS && !text.includes(RIGHT_TO_LEFT_OVERRIDE);
}

/** One form for each character: ASCII digits by value, `+`, `-`, `.`, a space; nothing invisible. */
function plainForm(text: string): string {
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

/** As in a URI (RFC 3986 section 2.1), also where it was encoded twice. */
function percentDecoded(text: string): string {
  let decoded = text;
  for (let round = 0; round < 2 && /%[0-9a-f]{2}/i.test(decoded); round += 1) {
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      return text;
    }
  }
  return decoded;
}

/** What stands in angle brackets, without the display name before it (RFC 3261 section 20.10); else the text itself. */
function addressesIn(text: string): string[] {
  const inBrackets = [...text.replace(/"(?:[^"\\]|\\.)*"/g, ' ').matchAll(/<([^<>]*)>/g)].map(
    ([, address]) => address!,
  );
  return inBrackets.length > 0 ? inBrackets : [text];
}

/** Seven digits or more, with what people put between them. */
const RUN = /(?<![\p{L}\p{N}])\+?[ ([]*\d(?:[ ()[\]{}.\-/\\'_]*\d){6,}/gu;
/** After a number, digits without any mark are dialled later or belong to a parameter (RFC 3966 section 3, RFC 3601). */
const MORE_TO_DIAL = /(?:[,;:=#*~]|\bext\w*\.? ?)$/i;
/** A text with more is a list, and would take long to read. */
const MOST_RUNS = 3;
const PHONE_CONTEXT = /;phone-context=(\+[\d.()-]+)/i;
const SCHEME = /^[a-z][a-z\d+.-]*:/i;
/** What is dialled first to show or hide one's own number. */
const SHOW_OR_HIDE = /^(?:\*(?:67|82)|[*#]31#)[ -]*/;

function numbersIn(address: string, defaultCountry: string): string[] {
  const [user = ''] = address.split('@');
  const text = user.replace(PHONE_CONTEXT, '').replace(SHOW_OR_HIDE, '');
  const [local = ''] = text.split(';');
  const context = local.includes('+') ? undefined : PHONE_CONTEXT.exec(user)?.[1];
  if (context !== undefined) return found(possibleNumber(`+${(context + local).replace(/\D/g, '')}`, defaultCountry));
  if (/^[*#]/.test(text)) return [];
  const runs = [...text.matchAll(RUN)].filter(
    ({ 0: run, index }, place) => place === 0 || !/^\d+$/.test(run) || !MORE_TO_DIAL.test(text.slice(0, index)),
  );
  if (runs.length === 0) return found(spelt(text, defaultCountry));
  if (runs.length > MOST_RUNS) return [];
  // After words, a date or a case number would do for a number, but for the 0 or plus that every number begins with there.
  const isNamed = /\p{L}{2}/u.test(text.slice(0, runs[0]!.index).replace(SCHEME, ''));
  if (isNamed && runs.some(([run]) => !/^\W*[+0]/.test(run))) return [];
  return runs.flatMap(([run]) => found(numberOf(run.replace(/[^+\d]/g, ''), defaultCountry)));
}

function found(number: string | null): string[] {
  return number === null ? [] : [number];
}

/** ANONYMOUS, UNAVAILABLE, UNKNOWN and PRIVATE, as networks without letters spell them on the keypad. */
const SPELT_HIDDEN: ReadonlySet<string> = new Set(['266696687', '86282452253', '8656696', '7748283']);
/** What stands for the plus in other countries than the default one. */
const INTERNATIONAL_PREFIXES = ['00', '011', '0011', '010', '810'];

/** By the default country's plan; else with another country's prefix, with none, or after the prefix that hides one's own number. */
function numberOf(written: string, defaultCountry: string): string | null {
  const digits = written.replace(/^\+(?=0)/, '');
  if (SPELT_HIDDEN.has(digits.replace('+', ''))) return null;
  const own = possibleNumber(digits, defaultCountry);
  if (own !== null || digits.startsWith('+')) return own;
  for (const prefix of INTERNATIONAL_PREFIXES) {
    const number = digits.startsWith(prefix) ? possibleNumber(`+${digits.slice(prefix.length)}`, defaultCountry) : null;
    if (number !== null) return number;
  }
  const bare = parse(`+${digits}`, defaultCountry);
  if (bare?.isValid()) return bare.number;
  const [, rest] = /^(?:141|1470|183[12])(0\d+)$/.exec(digits) ?? [];
  return rest === undefined ? null : possibleNumber(rest, defaultCountry);
}

const KEYPAD = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];

/** A number that ends in letters, such as "0800 BANKING", as the keypad of a phone spells it (ITU-T E.161). */
function spelt(text: string, defaultCountry: string): string | null {
  const [, digits, letters] = /^((?:\+|\(?[01])[\d ().\-/]{2,})([a-z][a-z .-]+)$/i.exec(text) ?? [];
  if (digits === undefined || letters === undefined || isHiddenNumber(letters)) return null;
  const word = letters.toLowerCase().replace(/[^a-z]/g, '');
  const dialled =
    word.length < 3 ? '' : word.replace(/./g, (letter) => String(KEYPAD.findIndex((key) => key.includes(letter)) + 2));
  const whole = digits.replace(/[^+\d]/g, '') + dialled;
  const number = [whole, `+${whole.replace('+', '')}`]
    .map((written) => parse(written, defaultCountry))
    .find((parsed) => parsed?.isValid());
  return number?.number ?? null;
}

/** Shorter than any country's numbers with its code, though some plans' metadata have parts of numbers as possible. */
const FEWEST_DIGITS = 7;

function possibleNumber(digits: string, defaultCountry: string): string | null {
  const number = parse(digits, defaultCountry);
  if (!number?.isPossible() || /^0+$/.test(number.nationalNumber)) return null;
  return number.number.length > FEWEST_DIGITS ? number.number : null;
}

function parse(digits: string, defaultCountry: string): PhoneNumber | undefined {
  return parsePhoneNumberFromString(digits, { defaultCountry: defaultCountry as CountryCode, extract: false });
}
