import { type IbanFault, readIban } from './iban.js';
import { ODDITIES, oddityOf } from './plain-text.js';
import { readRollNumber, rollNumberKey } from './roll-number.js';
import { readUkAccount, type UkAccountFault } from './uk-account.js';
import type { ModulusWeights } from './uk-modulus-weights.js';

/** A bank account and the name it is held in; numbers in the form that `readAccount` gives them. */
export type AccountDetails =
  | { holder: string; iban: string }
  /** `rollNumber`: at a building society, which of the accounts behind that number it is. */
  | { holder: string; sortCode: string; accountNumber: string; rollNumber?: string };

/** What is wrong with account details, and where. */
export interface AccountFault {
  fault: 'shape' | 'unknown_field' | 'holder' | `iban_${IbanFault}` | UkAccountFault | 'roll_number';
  /** What to add to the pointer of the account itself: `` or, say, `/iban`. */
  pointer: string;
  /** For the client's developer; repeats nothing of what was sent. */
  detail: string;
}

/** As in ISO 20022 `Max140Text`. */
const MAX_HOLDER_LENGTH = 140;

const FIELDS: readonly string[] = ['holder', 'iban', 'sortCode', 'accountNumber', 'rollNumber'];

const IBAN_DETAILS: Readonly<Record<IbanFault, string>> = {
  form: 'is not an IBAN: two letters, two digits, then letters and digits',
  country: 'begins with a country that is not in the IBAN registry',
  length: 'does not have the length and structure of that country’s IBANs',
  check_digits: 'has wrong check digits; a digit is probably mistyped',
  modulus: 'holds a sort code and an account number that cannot belong together; a digit is probably mistyped',
};

const UK_FAULTS: Readonly<Record<UkAccountFault | 'roll_number', { pointer: string; detail: string }>> = {
  sort_code: { pointer: '/sortCode', detail: 'is not a sort code of 6 digits' },
  account_number: { pointer: '/accountNumber', detail: 'is not an account number of 8 digits' },
  modulus: {
    pointer: '/accountNumber',
    detail: 'cannot be an account of that sort code; a digit is probably mistyped',
  },
  roll_number: {
    pointer: '/rollNumber',
    detail: 'is not a roll number of 1 to 18 letters, digits, spaces, hyphens, points and slashes',
  },
};

/**
 * Reads account details as a client sends them: `{ holder, iban }` or `{ holder, sortCode, accountNumber, rollNumber? }`,
 * with no other field. Returns them normalised, or the first fault.
 */
export function readAccount(value: unknown, weights: ModulusWeights): { account: AccountDetails } | AccountFault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shape('', 'must be an object');
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined)
    return { fault: 'unknown_field', pointer: `/${escaped(unknown)}`, detail: 'is not a field of an account' };
  const { holder, iban, sortCode, accountNumber, rollNumber } = value as Record<string, unknown>;
  const name = readHolder(holder);
  if (name === null) return { fault: 'holder', pointer: '/holder', detail: holderFault(holder) };
  if (iban !== undefined) {
    if (sortCode !== undefined || accountNumber !== undefined)
      return shape('/iban', 'cannot stand beside a sort code and account number');
    if (rollNumber !== undefined) return shape('/rollNumber', 'can only stand beside a sort code and account number');
    return readIbanDetails(name, iban, weights);
  }
  if (sortCode === undefined && accountNumber === undefined)
    return shape('', 'needs either iban, or sortCode and accountNumber');
  const read = readUkDetails(name, sortCode, accountNumber, weights);
  return 'fault' in read || rollNumber === undefined ? read : withRollNumber(read.account, rollNumber);
}

/**
 * Whether both are the same account in the same name. A GB IBAN and the sort code and account number within it are one
 * account; case and spacing do not make another name. Behind one number, another roll number is another account.
 */
export function isSameAccount(a: AccountDetails, b: AccountDetails): boolean {
  const name = ({ holder }: AccountDetails) => holder.toLowerCase().replace(/\s+/g, ' ');
  return numberOf(a) === numberOf(b) && rollNumberOf(a) === rollNumberOf(b) && name(a) === name(b);
}

function readIbanDetails(
  holder: string,
  iban: unknown,
  weights: ModulusWeights,
): { account: AccountDetails } | AccountFault {
  if (typeof iban !== 'string') return shape('/iban', 'must be a text');
  const read = readIban(iban, weights);
  if ('fault' in read) return { fault: `iban_${read.fault}`, pointer: '/iban', detail: IBAN_DETAILS[read.fault] };
  return { account: { holder, iban: read.iban } };
}

function readUkDetails(
  holder: string,
  sortCode: unknown,
  accountNumber: unknown,
  weights: ModulusWeights,
): { account: AccountDetails } | AccountFault {
  if (typeof sortCode !== 'string') return shape('/sortCode', 'must be a text');
  if (typeof accountNumber !== 'string') return shape('/accountNumber', 'must be a text');
  const read = readUkAccount(sortCode, accountNumber, weights);
  return 'fault' in read ? { fault: read.fault, ...UK_FAULTS[read.fault] } : { account: { holder, ...read } };
}

function withRollNumber(account: AccountDetails, rollNumber: unknown): { account: AccountDetails } | AccountFault {
  if (typeof rollNumber !== 'string') return shape('/rollNumber', 'must be a text');
  const read = readRollNumber(rollNumber);
  return read === null
    ? { fault: 'roll_number', ...UK_FAULTS.roll_number }
    : { account: { ...account, rollNumber: read } };
}

/** The name of an account holder in its one form, or null where it is not a name of 1 to 140 characters that looks like what it is. */
export function readHolder(holder: unknown): string | null {
  if (typeof holder !== 'string' || holder.length > MAX_HOLDER_LENGTH * 2) return null;
  const name = holder.normalize('NFC').trim();
  return name !== '' && [...name].length <= MAX_HOLDER_LENGTH && oddityOf(name) === null ? name : null;
}

function holderFault(holder: unknown): string {
  const oddity = typeof holder === 'string' && holder.length <= MAX_HOLDER_LENGTH * 2 ? oddityOf(holder) : null;
  return `must be a name of 1 to ${MAX_HOLDER_LENGTH} characters${oddity === null ? '' : `; this ${ODDITIES[oddity]}`}`;
}

function numberOf(account: AccountDetails): string {
  if (!('iban' in account)) return account.sortCode.replaceAll('-', '') + account.accountNumber;
  return account.iban.startsWith('GB') ? account.iban.slice(8) : account.iban;
}

function rollNumberOf(account: AccountDetails): string | null {
  return 'iban' in account || account.rollNumber === undefined ? null : rollNumberKey(account.rollNumber);
}

function shape(pointer: string, detail: string): AccountFault {
  return { fault: 'shape', pointer, detail };
}

/** A field name as a token of a JSON pointer (RFC 6901 section 4). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
