import { digitsByValue, visible } from './text.js';

/** More characters than anybody types for a code, with spaces and marks; what is longer is none. */
const MOST_CHARACTERS = 64;
/** White space, whatever is a dash, and what Japanese keyboards have in a dash's place. */
const BETWEEN = /[\s\u2800\p{Dash}\u02d7\u2043\u30fc\uff70]/gu;
/** Nobody types a control character, nor a mark that reverses what is shown: a code with one comes from somewhere else. */
const CONTROL = /[\u202d\u202e]|[^\P{Cc}\t\n\v\f\r\u0085]/u;
const DIRECTION = /\p{Bidi_Control}/gu;

/**
 * What a person typed, without what they typed between the characters of a code: spaces and dashes of any kind, and
 * marks that nobody sees. Digits of any script are their value, letters of any width are plain ones. Null where there
 * is too much of it.
 */
function typedCharacters(text: string): string | null {
  if (text.length > MOST_CHARACTERS || CONTROL.test(text)) return null;
  const plain = visible(text).replace(DIRECTION, '').replace(BETWEEN, '');
  return digitsByValue(plain).replace(/[\uff21-\uff3a\uff41-\uff5a]/g, (wide) =>
    String.fromCodePoint(wide.codePointAt(0)! - 0xfee0),
  );
}

/** The digits of a code that is read aloud or shown, or null where that many digits were not typed, or something else was. */
export function readDigitCode(text: string, digits: number): string | null {
  const typed = typedCharacters(text);
  return typed !== null && typed.length === digits && /^[0-9]+$/.test(typed) ? typed : null;
}

/** Crockford's base 32: no I, L, O or U. */
export const CROCKFORD_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The characters of a code in Crockford's base 32, or null where it cannot be one: case does not matter, `O` reads as
 * `0`, `I` and `L` as `1`. Letters of other alphabets that look like these are none.
 */
export function readCrockfordCode(text: string, characters: number): string | null {
  const typed = typedCharacters(text);
  // Before the change of case, which would turn letters of other alphabets into these.
  if (typed === null || typed.length !== characters || !/^[0-9A-Za-z]+$/.test(typed)) return null;
  const read = typed.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return read.includes('U') ? null : read;
}
