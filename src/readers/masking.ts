import { domainToASCII } from 'node:url';
import type { AccountDetails } from './account.js';
import { readEmailAddress } from './address.js';
import { rollNumberKey } from './roll-number.js';
import { skeleton } from './text.js';

const SHOWN = 4;
const SHOWN_OF_A_PHONE_NUMBER = 3;
const SHORTEST_SHOWN_PHONE_NUMBER = 7;
const SHOWN_OF_A_BANK = 8;

/**
 * Account details as they may be shown: the last four characters of the number, and the country of an IBAN. The name
 * stays, since it is what the customer recognises, save for digits that somebody put into it. The masked number does not
 * give away how long the number is.
 *
 * @param beside here and below: the other value that it is shown beside. Where both masks would look alike, so much more
 * is shown of both that they do not.
 */
export function maskAccount(
  details: AccountDetails,
  beside?: AccountDetails,
): { holder: string; account: string; rollNumber?: string } {
  const [rollNumber, rollNumberBeside] = [rollNumberOf(details), beside && rollNumberOf(beside)];
  return {
    holder: shownApart(holderLevels(details.holder), beside && holderLevels(beside.holder)),
    account: shownApart(accountLevels(details), beside && accountLevels(beside), bareAccount),
    ...(rollNumber === undefined ? {} : { rollNumber: maskRollNumber(rollNumber, rollNumberBeside) }),
  };
}

function rollNumberOf(details: AccountDetails): string | undefined {
  return 'iban' in details ? undefined : details.rollNumber;
}

function maskRollNumber(rollNumber: string, beside: string | undefined): string {
  const isOther = beside !== undefined && rollNumberKey(beside) !== rollNumberKey(rollNumber);
  return shownApart(rollNumberLevels(rollNumber), isOther ? rollNumberLevels(beside) : undefined, rollNumberKey);
}

/** The last four, and of a short one no more than half; all. */
function rollNumberLevels(rollNumber: string): string[] {
  const key = rollNumberKey(rollNumber);
  return [`••••${key.slice(key.length - Math.min(SHOWN, Math.floor(key.length / 2)))}`, rollNumber];
}

function holderLevels(holder: string): string[] {
  return [maskDigits(holder), holder];
}

/** The last four; the bank too; all. */
function accountLevels(details: AccountDetails): string[] {
  if (!('iban' in details)) {
    const { sortCode, accountNumber } = details;
    return [
      `••-••-•• ••••${accountNumber.slice(-SHOWN)}`,
      `${sortCode} ••••${accountNumber.slice(-SHOWN)}`,
      `${sortCode} ${accountNumber}`,
    ];
  }
  const { iban } = details;
  const [country, last] = [iban.slice(0, 2), iban.slice(-SHOWN)];
  return [
    `${country}•• •••• ${last}`,
    `${country}•• ${iban.slice(4, 4 + SHOWN_OF_A_BANK)} •••• ${last}`,
    iban.replace(/(.{4})(?=.)/g, '$1 '),
  ];
}

/** What tells an account that is written as an IBAN from one that is not. */
function bareAccount(shown: string): string {
  return shown.replace(/^[A-Z]{2}••/, '').replace(/[^0-9A-Z]/g, '');
}

/** A phone number's last three digits; nothing of one so short that these would be half of it. */
export function maskPhone(number: string, beside?: string): string {
  return shownApart(phoneLevels(number), beside === undefined ? undefined : phoneLevels(beside));
}

function phoneLevels(number: string): string[] {
  const digits = number.replace(/[^0-9]/g, '');
  const isShown = digits.length >= SHORTEST_SHOWN_PHONE_NUMBER;
  const mask = `••••• •••${isShown ? digits.slice(-SHOWN_OF_A_PHONE_NUMBER) : '•••'}`;
  return [mask, isShown ? `••••• ${digits.slice(-2 * SHOWN_OF_A_PHONE_NUMBER)}` : mask, number];
}

/**
 * An email address's first letter and its host, which is what tells a customer's own provider from another's. A host
 * with letters of another script is shown in punycode, which looks like no other host.
 */
export function maskEmail(address: string, beside?: string): string {
  return shownApart(emailLevels(address), beside === undefined ? undefined : emailLevels(beside));
}

/** The first letter; the last too, and how many stand between; all. */
function emailLevels(address: string): string[] {
  const at = address.lastIndexOf('@');
  const written = address.slice(at + 1);
  const host = at < 0 ? '•••' : (readEmailAddress(address)?.host ?? (domainToASCII(written) || written));
  const letters = [...address.slice(0, Math.max(0, at))];
  const first = at > 1 && /\p{L}/u.test(letters[0]!) ? letters[0]! : '';
  const last = letters.length > 2 && first !== '' ? letters.at(-1)! : '';
  const between = '•'.repeat(letters.length - [...(first + last)].length);
  return [`${first}•••@${maskDigits(host)}`, `${first}${between}${last}@${host}`, `${letters.join('')}@${host}`];
}

interface PostalAddress {
  readonly lines?: readonly string[];
  readonly postcode?: string | undefined;
  /** ISO 3166 alpha-2. */
  readonly country: string;
}

/**
 * A postal address's country, and in the United Kingdom the outward half of the postcode, which stands for a town or a
 * few thousand households.
 */
export function maskPostalAddress(address: PostalAddress, beside?: PostalAddress): string {
  return shownApart(postalLevels(address), beside && postalLevels(beside));
}

/** The place; the postcode too; all. */
function postalLevels({ lines = [], postcode = '', country: given }: PostalAddress): string[] {
  const country = /^[A-Za-z]{2}$/.test(given) ? given.toUpperCase() : '••';
  const outward = country === 'GB' ? outwardCode(postcode) : null;
  const all = [lines.join('\n'), postcode, country].filter((part) => part !== '').join('\n');
  return [
    outward === null ? `••• ${country}` : `••• ${outward} •••, ${country}`,
    postcode === '' ? `••• ${country}` : `••• ${postcode}, ${country}`,
    all,
  ];
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

/**
 * The first of the ways to show a value, each telling more than the one before, that does not look like what the other
 * value is shown as; where the two look alike as a whole, with the code points of what differs.
 */
function shownApart(
  levels: readonly string[],
  others?: readonly string[],
  bare = (shown: string): string => shown,
): string {
  const whole = levels.at(-1)!;
  const other = others?.at(-1);
  if (others === undefined || other === undefined || whole === other) return levels[0]!;
  const apart = levels.findIndex(
    (shown, level) => looks(bare(inOneLine(shown))) !== looks(bare(inOneLine(others[level]!))),
  );
  return inOneLine(apart < 0 ? spelledApart(whole, other) : levels[apart]!);
}

function inOneLine(text: string): string {
  return text.replaceAll('\n', ', ');
}

/** Beside the table of UTS #39, which has `rn` for `m`: pairs of letters and marks that small type runs together. */
function looks(text: string): string {
  return skeleton(text)
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replace(/[\u00b4`]/g, "'")
    .replace(/\s+/gu, ' ')
    .trim();
}

/** A text with the code points of what stands between the beginning and the end that it has in common with another. */
function spelledApart(text: string, other: string): string {
  const [own, others] = [[...text], [...other]];
  const shorter = Math.min(own.length, others.length);
  let start = 0;
  while (start < shorter && own[start] === others[start]) start += 1;
  let end = 0;
  while (end < shorter - start && own[own.length - 1 - end] === others[others.length - 1 - end]) end += 1;
  const middle = own
    .slice(start, own.length - end)
    .map((character) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
  return `${own.slice(0, start).join('')}[${middle.join(' ')}]${own.slice(own.length - end).join('')}`;
}
