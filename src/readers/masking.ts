import type { AccountDetails } from './account.js';
import { maskRollNumber } from './roll-number.js';

const SHOWN = 4;
const SHOWN_OF_A_PHONE_NUMBER = 3;
const SHORTEST_SHOWN_PHONE_NUMBER = 7;

/**
 * Account details as they may be shown: the last four characters of the number, and the country of an IBAN. The name
 * stays, since it is what the customer recognises, save for digits that somebody put into it. The masked number does not
 * give away how long the number is. A roll number is shown so that it does not look like that of the account `beside` it.
 */
export function maskAccount(details: AccountDetails, beside?: AccountDetails): { holder: string; account: string; rollNumber?: string } {
  const holder = maskDigits(details.holder);
  if (!('iban' in details)) {
    const { accountNumber, rollNumber } = details;
    const account = `••-••-•• ••••${accountNumber.slice(-SHOWN)}`;
    return rollNumber === undefined ? { holder, account } : { holder, account, rollNumber: maskRollNumber(rollNumber, rollNumberBeside(beside)) };
  }
  return { holder, account: `${details.iban.slice(0, 2)}•• •••• ${details.iban.slice(-SHOWN)}` };
}

function rollNumberBeside(beside: AccountDetails | undefined): string | undefined {
  return beside === undefined || 'iban' in beside ? undefined : beside.rollNumber;
}

/** A phone number's last three digits; nothing of one so short that these would be half of it. */
export function maskPhone(number: string): string {
  const digits = number.replace(/[^0-9]/g, '');
  const shown = digits.length >= SHORTEST_SHOWN_PHONE_NUMBER ? digits.slice(-SHOWN_OF_A_PHONE_NUMBER) : '•••';
  return `••••• •••${shown}`;
}

/** An email address's first letter and its domain, which is what tells a customer's own provider from another's. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const [first = ''] = at > 1 ? address : '';
  return `${/\p{L}/u.test(first) ? first : ''}•••@${maskDigits(at < 0 ? '•••' : address.slice(at + 1))}`;
}

/**
 * A postal address's country, and in the United Kingdom the outward half of the postcode, which stands for a town or a
 * few thousand households.
 *
 * @param address.country ISO 3166 alpha-2
 */
export function maskPostalAddress(address: { postcode?: string | undefined; country: string }): string {
  const country = /^[A-Za-z]{2}$/.test(address.country) ? address.country.toUpperCase() : '••';
  const outward = country === 'GB' ? outwardCode(address.postcode ?? '') : null;
  return outward === null ? `••• ${country}` : `••• ${outward} •••, ${country}`;
}

function outwardCode(postcode: string): string | null {
  return /^\s*([A-Z]{1,2}[0-9][0-9A-Z]?)\s*[0-9][A-Z]{2}\s*$/i.exec(postcode)?.[1]?.toUpperCase() ?? null;
}

/** A text in which no digit is left but the last four. */
function maskDigits(text: string): string {
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0;
  let seen = 0;
  return text.replace(/\p{Nd}/gu, (digit) => (digits - seen++ > SHOWN ? '•' : digit));
}
