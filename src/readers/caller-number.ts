import { isHiddenNumber, isSpeltHidden, keypadDigits } from './hidden-number.js';
import { isReadable, parseNumber, plainForm, possibleNumber } from './number.js';

/** What nearly every phone sends (ITU-T E.164), and needs no cleaning. */
const E164 = /^\+[1-9]\d{7,14}$/;

/**
 * Reads the number that a phone, a dialler, a network or a person shows for a caller, whatever marks, schemes (RFC 3966,
 * RFC 3261), hosts, extensions, pauses or names stand around it. The text is taken apart before anything in it is decoded:
 * a display name, a parameter, a header and what only decodes to a bracket count for nothing. Returns it in E.164. Null, as
 * if none were given, for what phones show for a hidden number, for what is no number, and where two different ones stand.
 */
export function readCallerNumber(text: string, defaultCountry: string): string | null {
  if (E164.test(text)) return numberOf(text, defaultCountry);
  if (!isReadable(text)) return null;
  const numbers = new Set(addressesIn(text).flatMap((address) => numbersIn(address, defaultCountry)));
  return numbers.size === 1 ? [...numbers][0]! : null;
}

/** What stands in angle brackets, without the display name before it (RFC 3261 section 20.10); else the text itself. */
function addressesIn(text: string): string[] {
  const inBrackets = [...text.replace(/"(?:[^"\\]|\\.)*"/g, ' ').matchAll(/<([^<>]*)>/g)].map(
    ([, address]) => address!,
  );
  return (inBrackets.length > 0 ? inBrackets : [text]).flatMap(listed);
}

/** After one address's host another may stand, without brackets (RFC 3261 section 7.3.1). */
function listed(text: string): string[] {
  const at = text.indexOf('@');
  if (at < 0) return [text];
  const next = /[\s,]/.exec(text.slice(at));
  const rest = next === null ? '' : text.slice(at + next.index + 1);
  return [text.slice(0, at), ...(/\p{N}/u.test(rest) ? listed(rest) : [])];
}

/** As in a URI (RFC 3986 section 2.1), also where it was encoded twice; null where that brings forth another part of an address. */
function percentDecoded(text: string): string | null {
  let decoded = text;
  for (let round = 0; round < 2 && /%[0-9a-f]{2}/i.test(decoded); round += 1) {
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      return text;
    }
  }
  return decoded !== text && /[<>@]/.test(decoded) ? null : decoded;
}

/** Seven digits or more, with what people put between them. */
const RUN = /(?<![\p{L}\p{N}])\+?[ ([]*\d(?:[ ()[\]{}.\-/\\'_]*\d){6,}/gu;
/** After a number, digits without any mark are dialled later (RFC 3601). */
const MORE_TO_DIAL = /(?:[,:=#*~]|\bext\w*\.? ?)$/i;
/** A letter where a digit should be: nothing that one could ring, and nobody's number. */
const LETTER_FOR_DIGIT = /\d ?[oil]+(?=[\s\d]|$)/i;
/** A text with more is a list, and would take long to read. */
const MOST_RUNS = 3;
const PHONE_CONTEXT = /;phone-context=(\+[\d.()-]+)/i;
const SCHEME = /^[a-z][a-z\d+.-]*:/i;
/** What is dialled first to show or hide one's own number. */
const SHOW_OR_HIDE = /^(?:\*(?:67|82)|[*#]31#)[ -]*/;

/** Those of one address without its host. Parameters (RFC 3966 section 3, RFC 4694) and headers are no part of the number. */
function numbersIn(address: string, defaultCountry: string): string[] {
  const [subscriber = ''] = address.split(/[;?]/);
  const decoded = percentDecoded(subscriber);
  if (decoded === null) return [];
  const text = plainForm(decoded).replace(SHOW_OR_HIDE, '');
  const [local = ''] = text.split(';');
  const context = local.includes('+') ? undefined : PHONE_CONTEXT.exec(plainForm(address))?.[1];
  if (context !== undefined && /\d/.test(local))
    return found(possibleNumber(`+${(context + local).replace(/\D/g, '')}`, defaultCountry));
  if (/^[*#]/.test(local) || LETTER_FOR_DIGIT.test(local)) return [];
  const runs = [...local.matchAll(RUN)].filter(
    ({ 0: run, index }, place) => place === 0 || !isDialledLater(run, local.slice(0, index), defaultCountry),
  );
  if (runs.length === 0) return found(spelt(local, defaultCountry));
  if (runs.length > MOST_RUNS) return [];
  // After words, a date or a case number would do for a number, but for the 0 or plus that every number begins with there.
  const isNamed = /\p{L}{2}/u.test(local.slice(0, runs[0]!.index).replace(SCHEME, ''));
  if (isNamed && runs.some(([run]) => !/^\W*[+0]/.test(run))) return [];
  return runs.flatMap(([run]) => found(numberOf(run.replace(/[^+\d]/g, ''), defaultCountry)));
}

/** A whole number, as one dials it in the country or from abroad, is another caller, and nothing that this one dials. */
function isDialledLater(run: string, before: string, defaultCountry: string): boolean {
  if (!/^\d+$/.test(run) || !MORE_TO_DIAL.test(before) || /(?:sips?|tel|callto):$/i.test(before)) return false;
  const isNational = /^0\d{9,}$/.test(run) && parseNumber(run, defaultCountry)?.isPossible();
  return !isNational && !parseNumber(`+${run}`, defaultCountry)?.isValid();
}

function found(number: string | null): string[] {
  return number === null ? [] : [number];
}

/** What stands for the plus in other countries than the default one. */
const INTERNATIONAL_PREFIXES = ['00', '011', '0011', '010', '810'];

/** By the default country's plan; else with another country's prefix, with none, or after the prefix that hides one's own number. */
function numberOf(written: string, defaultCountry: string): string | null {
  const digits = written.replace(/^\+(?=0)/, '');
  if (isSpeltHidden(digits.replace('+', ''))) return null;
  const own = possibleNumber(digits, defaultCountry);
  if (own !== null && isHiddenWithPrefix(own, defaultCountry)) return null;
  if (own !== null || digits.startsWith('+')) return own;
  for (const prefix of INTERNATIONAL_PREFIXES) {
    const number = digits.startsWith(prefix) ? possibleNumber(`+${digits.slice(prefix.length)}`, defaultCountry) : null;
    if (number !== null) return number;
  }
  const bare = parseNumber(`+${digits}`, defaultCountry);
  if (bare?.isValid()) return bare.number;
  const [, rest] = /^(?:141|1470|183[12])(0\d+)$/.exec(digits) ?? [];
  return rest === undefined ? null : possibleNumber(rest, defaultCountry);
}

/** A gateway puts its country before what the keypad spelt. */
function isHiddenWithPrefix(e164: string, defaultCountry: string): boolean {
  const number = parseNumber(e164, defaultCountry);
  return number !== undefined && isSpeltHidden(number.nationalNumber) && !number.isValid();
}

const FEWEST_LETTERS = 3;

/** A number that ends in letters, such as "0800 BANKING", as the keypad of a phone spells it (ITU-T E.161). */
function spelt(text: string, defaultCountry: string): string | null {
  const [, digits, letters] = /^((?:\+|\(?[01])[\d ().\-/]{2,})([a-z][a-z .-]+)$/i.exec(text) ?? [];
  if (digits === undefined || letters === undefined || isHiddenNumber(letters)) return null;
  const word = letters.toLowerCase().replace(/[^a-z]/g, '');
  if (word.length < FEWEST_LETTERS) return null;
  const whole = digits.replace(/[^+\d]/g, '') + keypadDigits(word);
  const number = [whole, `+${whole.replace('+', '')}`]
    .map((written) => parseNumber(written, defaultCountry))
    .find((parsed) => parsed?.isValid());
  return number?.number ?? null;
}
