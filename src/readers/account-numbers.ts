import { countrySpecs } from 'ibantools';

/** Account details as somebody typed them: nothing in them need be right. */
export interface TypedAccount {
  readonly holder?: string;
  readonly iban?: string;
  readonly sortCode?: string;
  readonly accountNumber?: string;
}

const MOST_ACCOUNTS = 20;
const IBAN = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]){11,30}(?![A-Z0-9])/g;
const UK_ACCOUNT = /(?<![\d-])(\d\d)([-\u2010-\u2015 ]?)(\d\d)\2(\d\d)(?!\d)\D{1,60}(?<!\d)(\d{8})(?!\d)/g;

/** An account number in the one form in which it is compared; a GB IBAN is the sort code and number in it. Null where none was given. */
export function accountNumberOf({ iban, sortCode, accountNumber }: TypedAccount): string | null {
  const bare = (text: string): string => text.toWellFormed().normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
  const typed = bare(iban ?? '');
  if (typed !== '') return typed.startsWith('GB') && typed.length === 22 && !hasWrongCheck(typed) ? typed.slice(8) : typed;
  const domestic = bare(sortCode ?? '') + bare(accountNumber ?? '');
  return domestic === '' ? null : domestic;
}

/** The account numbers that stand in a text, in the same form. */
export function findAccountNumbers(text: string): string[] {
  const plain = text.toWellFormed().normalize('NFKC');
  const ibans = [...plain.matchAll(IBAN)].map(([found]) => {
    const bare = found.replace(/\s/g, '');
    return accountNumberOf({ iban: bare.slice(0, countrySpecs[bare.slice(0, 2)]?.chars ?? bare.length) })!;
  });
  const domestic = [...plain.matchAll(UK_ACCOUNT)].map(([, one, , two, three, number]) => `${one}${two}${three}${number}`);
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
