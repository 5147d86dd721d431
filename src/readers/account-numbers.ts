import { countrySpecs } from 'ibantools';
import { bareIban } from './iban.js';
import { readRollNumber, rollNumberKey } from './roll-number.js';
import { standardDigits } from './uk-account.js';

/** Account details as somebody typed them: nothing in them need be right. */
export interface TypedAccount {
  readonly holder?: string;
  readonly iban?: string;
  readonly sortCode?: string;
  readonly accountNumber?: string;
  /** At a building society, which of the accounts behind that number it is. */
  readonly rollNumber?: string;
}

const MOST_ACCOUNTS = 20;
const LETTER = '[A-Z\\uff21-\\uff3a]';
const CHARACTER = '[A-Z\\uff21-\\uff3a\\p{Nd}]';
const BETWEEN = '[\\p{Zs}\\p{Dash}]';
const IBAN = new RegExp(`(?<!${CHARACTER})${LETTER}{2}\\p{Nd}{2}(?:\\p{Zs}?${CHARACTER}){11,30}(?!${CHARACTER})`, 'gu');
const UK_ACCOUNT = new RegExp(
  `(?<![\\p{Nd}-])(\\p{Nd}{2}(${BETWEEN}?)\\p{Nd}{2}\\2\\p{Nd}{2})(?!\\p{Nd})\\P{Nd}{1,60}(?<!\\p{Nd})(\\p{Nd}{8})(?!\\p{Nd})`,
  'gu',
);

/**
 * An account number in the one form in which it is compared: a GB IBAN is the sort code and number in it, and a UK account
 * number has its 8 digits. What cannot be read, such as digits of several number systems, stays what it is, and is no other.
 * Null where none was given.
 */
export function accountNumberOf({ iban = '', sortCode = '', accountNumber = '' }: TypedAccount): string | null {
  if (isGiven(iban)) {
    const typed = bareIban(iban)?.replace(/\p{P}/gu, '') ?? asItStands(iban);
    return typed.startsWith('GB') && typed.length === 22 && !hasWrongCheck(typed) ? typed.slice(8) : typed;
  }
  if (!isGiven(sortCode) && !isGiven(accountNumber)) return null;
  return standardDigits(sortCode, accountNumber) ?? asItStands(sortCode) + asItStands(accountNumber);
}

/** A roll number in the form in which it is compared; null where none was given. */
export function rollNumberOf({ rollNumber = '' }: TypedAccount): string | null {
  if (!isGiven(rollNumber)) return null;
  const read = readRollNumber(rollNumber);
  return read === null ? asItStands(rollNumber) : rollNumberKey(read);
}

function isGiven(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** Of what was never typed, every character: it is not to become an account by leaving out what makes it none. */
function asItStands(text: string): string {
  return text.toWellFormed().trim();
}

/** The account numbers that stand in a text, in the same form. */
export function findAccountNumbers(text: string): string[] {
  const plain = text.toWellFormed();
  const ibans = [...plain.matchAll(IBAN)].map(([found]) => {
    const characters = [...found.replace(/\p{Zs}/gu, '')];
    const { chars } = countrySpecs[bareIban(characters.slice(0, 2).join('')) ?? ''] ?? {};
    return accountNumberOf({ iban: characters.slice(0, chars ?? characters.length).join('') })!;
  });
  const domestic = [...plain.matchAll(UK_ACCOUNT)].map(([, sortCode, , accountNumber]) =>
    accountNumberOf({ sortCode, accountNumber })!,
  );
  return [...new Set([...ibans, ...domestic])].slice(0, MOST_ACCOUNTS);
}

/** Whether two numbers are alike enough for one to be the other with a few digits changed. */
export function isNearlySame(one: string, other: string): boolean {
  const [a, b] = [domesticPart(one), domesticPart(other)];
  if (a.length !== b.length) return false;
  let different = 0;
  for (let place = 0; place < a.length; place += 1) if (a[place] !== b[place]) different += 1;
  return different <= 3;
}

function domesticPart(number: string): string {
  return number.startsWith('GB') && number.length === 22 ? number.slice(8) : number;
}

/** The same bank and account with other check digits is another number, and no bank sent it. */
function hasWrongCheck(iban: string): boolean {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(character, 36);
    if (Number.isNaN(value)) return true;
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder !== 1;
}
