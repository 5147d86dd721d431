import { plainTyped } from './typed.js';

/** More characters than anybody types for a code, with spaces and marks; what is longer is none. */
const MOST_CHARACTERS = 64;

/** The characters of a code that was typed, without what parts them; digits may be of several systems. */
function typedCharacters(text: string): string | null {
  return plainTyped(text, MOST_CHARACTERS)?.replace(/[ -]/g, '') ?? null;
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
