import { readTypedWhole } from './typed.js';
import { checkModulus } from './uk-modulus-check.js';
import type { ModulusWeights } from './uk-modulus-weights.js';

/** `modulus`: both have the right form, but no account of that sort code can have that number. */
export type UkAccountFault = 'sort_code' | 'account_number' | 'modulus';

/** A sort code as `20-00-00`, and an account number of 8 digits. */
export interface UkAccount {
  sortCode: string;
  accountNumber: string;
}

const MAX_TYPED_LENGTH = 40;

/** Santander: a 9-digit number begins with the digit that belongs at the end of the sort code. */
const NINE_DIGITS = /^(09[01]|133|72|89[0-2])/;
/** The Co-operative Bank (and not Citibank, within its range): a 10-digit number has two digits too many at its end. */
const TEN_DIGITS_FIRST_8 = /^08(?!3)/;
/** National Westminster Bank: a 10-digit number has two digits too many at its beginning. */
const TEN_DIGITS_LAST_8 = /^(01|5[0-9]|6[0-6])/;

/**
 * Reads a UK sort code and account number as people write and paste them (see `readTyped`), with or without spaces and
 * hyphens, and checks that they can belong together. Numbers of 6, 7, 9 and 10 digits become the 8 digits that payments use, by the rules published
 * with the modulus check; 9 and 10 digits are accepted only from the banks that give out such numbers.
 *
 * A sort code that the table does not cover is accepted, as that specification asks.
 */
export function readUkAccount(
  sortCode: string,
  accountNumber: string,
  weights: ModulusWeights,
): UkAccount | { fault: UkAccountFault } {
  const sort = digitsOf(sortCode);
  if (sort?.length !== 6) return { fault: 'sort_code' };
  const number = digitsOf(accountNumber);
  const standard = number === null ? null : toEightDigits(sort, number);
  if (standard === null) return { fault: 'account_number' };
  const [checkedSort, account] = standard;
  if (checkModulus(checkedSort, account, weights) === 'invalid') return { fault: 'modulus' };
  return { sortCode: checkedSort.replace(/^(..)(..)(..)$/, '$1-$2-$3'), accountNumber: account };
}

/** The 14 digits that a sort code and an account number are in payments, right or wrong; null where they are none. */
export function standardDigits(sortCode: string, accountNumber: string): string | null {
  const [sort, number] = [digitsOf(sortCode), digitsOf(accountNumber)];
  return sort?.length === 6 && number !== null ? (toEightDigits(sort, number)?.join('') ?? null) : null;
}

function digitsOf(text: string): string | null {
  const bare = readTypedWhole(text, MAX_TYPED_LENGTH);
  return bare !== null && /^[0-9]+$/.test(bare) ? bare : null;
}

function toEightDigits(sort: string, number: string): [sort: string, account: string] | null {
  if (number.length >= 6 && number.length <= 8) return [sort, number.padStart(8, '0')];
  if (number.length === 9 && NINE_DIGITS.test(sort)) return [sort.slice(0, 5) + number.slice(0, 1), number.slice(1)];
  if (number.length === 10 && TEN_DIGITS_FIRST_8.test(sort)) return [sort, number.slice(0, 8)];
  if (number.length === 10 && TEN_DIGITS_LAST_8.test(sort)) return [sort, number.slice(2)];
  return null;
}
