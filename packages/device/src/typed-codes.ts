const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const KINDS = ['call', 'change', 'callback', 'notice', 'report'] as const;

/**
 * A reference as it was typed, in its one form such as `K7QM-2D4F`, with what it stands for; null where it cannot be
 * one, or its check character is wrong. Case and hyphens do not matter, `O` reads as `0`, `I` and `L` as `1`.
 */
export function readReference(typed: string): { readonly reference: string; readonly kind: string } | null {
  const read = readCrockford(typed, 8);
  if (read === null) return null;
  const values = Array.from(read, (character) => CROCKFORD.indexOf(character));
  // The characters are a polynomial over GF(2^5) under x^5 + x^2 + 1, with the root x.
  if (values.reduce((sum, value) => double(sum) ^ value, 0) !== 0) return null;
  const range = values[0]! >> 3;
  const kind = KINDS[range < 3 ? range : 3 + (values[1]! >> 4)]!;
  return { reference: `${read.slice(0, 4)}-${read.slice(4)}`, kind };
}

/** The code of a letter as it was typed, in its one form in groups of four; null where it cannot be one. */
export function readLetterCode(typed: string): string | null {
  return readCrockford(typed, 16)?.match(/.{4}/g)!.join('-') ?? null;
}

function readCrockford(typed: string, characters: number): string | null {
  const plain = typed.replace(/[\s\p{Pd}\p{Cf}]/gu, '');
  if (plain.length !== characters || !/^[0-9A-Za-z]+$/.test(plain)) return null;
  const read = plain.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  return read.includes('U') ? null : read;
}

function double(value: number): number {
  return value > 15 ? (value << 1) ^ 0b100101 : value << 1;
}
