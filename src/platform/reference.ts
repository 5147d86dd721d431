import { secureRandom } from '../crypto/random.js';

/** Crockford's base 32: no I, L, O or U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const VALUE_OF = new Map([...ALPHABET].map((character, value) => [character, value]));

/** In the order of the top two bits of the first character; the last two share 11 and differ in the top bit of the second. */
const KINDS = ['call', 'change', 'callback', 'notice', 'report'] as const;
const SHARED_RANGE = KINDS.indexOf('notice');

const LENGTH = 8;
const MAX_TYPED_LENGTH = 16;

/** White space, and every hyphen or dash that a keyboard or a word processor makes. */
const SEPARATORS = /[\s\-\u2010-\u2015\u2212]/g;

/** What a reference stands for. */
export type ReferenceKind = (typeof KINDS)[number];

/**
 * A new reference to be said aloud, such as `K7QM-2D4F`: the kind in the top two bits of the first character (notices and
 * reports share the last of the four, and the next bit tells them apart), 33 or 32 random bits, and a check character.
 * No secret, and not unique by itself: the table it is stored in has to refuse a second.
 */
export function generateReference(kind: ReferenceKind): string {
  const values = [...secureRandom(LENGTH - 1)].map((byte) => byte & 31);
  const index = KINDS.indexOf(kind);
  values[0] = (Math.min(index, SHARED_RANGE) << 3) | ((values[0] ?? 0) & 7);
  if (index >= SHARED_RANGE) values[1] = ((index - SHARED_RANGE) << 4) | ((values[1] ?? 0) & 15);
  values.push(timesAlpha(polynomialAtAlpha(values)));
  const text = values.map((value) => ALPHABET[value]).join('');
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/**
 * The reference that a person typed, in its one canonical form, and its kind; or null. Reads lower case, `O` as `0`,
 * `I` and `L` as `1`, and passes over spaces and hyphens. Null for a wrong check character, any other character, or
 * more than 16 characters.
 */
export function parseReference(text: string): { reference: string; kind: ReferenceKind } | null {
  if (text.length > MAX_TYPED_LENGTH) return null;
  const bare = text.replace(SEPARATORS, '');
  // Before the change of case, which would turn letters of other alphabets into these.
  if (!/^[0-9A-Za-z]{8}$/.test(bare)) return null;
  const read = bare.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  const values: number[] = [];
  for (const character of read) {
    const value = VALUE_OF.get(character);
    if (value === undefined) return null;
    values.push(value);
  }
  const range = (values[0] ?? 0) >> 3;
  const kind = KINDS[range < SHARED_RANGE ? range : range + ((values[1] ?? 0) >> 4)];
  if (kind === undefined || polynomialAtAlpha(values) !== 0) return null;
  return { reference: `${read.slice(0, 4)}-${read.slice(4)}`, kind };
}

/**
 * The characters as a polynomial over GF(2^5), taken at α = x (a primitive element under x^5 + x^2 + 1); zero for a
 * whole valid reference. The place values α^0 … α^7 differ and none is zero, so one wrong character, or any two
 * exchanged, always give another value.
 */
function polynomialAtAlpha(values: readonly number[]): number {
  return values.reduce((sum, value) => timesAlpha(sum) ^ value, 0);
}

function timesAlpha(value: number): number {
  const doubled = value << 1;
  return doubled > 31 ? doubled ^ 0b100101 : doubled;
}
