import { secureRandom } from '../crypto/random.js';
import { CROCKFORD_ALPHABET, readCrockfordCode } from '../readers/code.js';

const VALUE_OF = new Map([...CROCKFORD_ALPHABET].map((character, value) => [character, value]));

/** In the order of the top two bits of the first character; the last two share 11 and differ in the top bit of the second. */
const KINDS = ['call', 'change', 'callback', 'notice', 'report'] as const;
const SHARED_RANGE = KINDS.indexOf('notice');

const LENGTH = 8;

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
  const text = values.map((value) => CROCKFORD_ALPHABET[value]).join('');
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/**
 * The reference that a person typed, in its one canonical form, and its kind; or null. Read as any code in base 32 that
 * people type (src/readers/code.ts); null for what is none, and for a wrong check character.
 */
export function parseReference(text: string): { reference: string; kind: ReferenceKind } | null {
  const read = readCrockfordCode(text, LENGTH);
  if (read === null) return null;
  const values = Array.from(read, (character) => VALUE_OF.get(character)!);
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
