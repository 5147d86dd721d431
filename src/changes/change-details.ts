import { createHash, randomBytes } from 'node:crypto';
import { readAccount, isSameAccount, type AccountDetails } from '../readers/account.js';
import { addressKey, readEmailAddress, unicodeHost } from '../readers/address.js';
import { maskAccount, maskEmail, maskPhone, maskPostalAddress } from '../readers/masking.js';
import { ODDITIES, oddityOf } from '../readers/plain-text.js';
import type { ModulusWeights } from '../readers/uk-modulus-weights.js';
import { isCountry } from '../readers/country.js';
import { readPostcode } from '../readers/postcode.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { isCostlyNumber, toE164 } from '../readers/number.js';
import { type FieldError, Refusal } from '../refusals/refusal.js';
import type { ChangeSubject } from '../policy/policy.js';
import type { ChangeFinding } from './change-rules.policy.js';

export type Details =
  AccountDetails | { number: string } | { email: string } | { lines: string[]; postcode?: string; country: string };

export interface ReadContext {
  readonly weights: ModulusWeights;
  readonly defaultCountry: string;
}

const MOST_LINE_CHARACTERS = 140;

/**
 * Reads the details of a subject as a client sends them, normalised.
 * @throws Refusal 400 for what has not the form, 422 `account-not-valid` for account details that cannot be right.
 */
export function readDetails(subject: ChangeSubject, value: unknown, pointer: string, context: ReadContext): Details {
  switch (subject) {
    case 'payout_account':
    case 'payee_account':
      return readAccountDetails(value, pointer, context.weights);
    case 'phone_number': {
      const text = fieldOrText(value, 'number');
      const number = text === null ? null : toE164(text, context.defaultCountry);
      if (number === null) throw malformed(pointer, 'must be a phone number, or { number }');
      return { number };
    }
    case 'email': {
      const email = fieldOrText(value, 'email');
      if (email === null) throw malformed(pointer, 'must be an e-mail address, or { email }');
      return { email: readEmail(email, pointer) };
    }
    case 'postal_address':
      return readPostalAddress(value, pointer, context.defaultCountry);
    default:
      throw new TypeError(`unknown subject ${String(subject)}`);
  }
}

/** What is odd about details that are wanted. */
export function findingsOn(details: Details): readonly ChangeFinding[] {
  return 'number' in details && isCostlyNumber(details.number) ? ['costly_number'] : [];
}

/**
 * The details as a bank shows them: enough to recognise, too little to use. Where they are shown beside others, enough
 * to tell the two apart, in each part that differs.
 */
export function maskDetails(details: Details, beside: Details | null = null): Record<string, unknown> {
  if ('number' in details)
    return { number: maskPhone(details.number, beside && 'number' in beside ? beside.number : undefined) };
  if ('email' in details)
    return { email: maskEmail(details.email, beside && 'email' in beside ? beside.email : undefined) };
  if ('lines' in details)
    return { address: maskPostalAddress(details, beside && 'lines' in beside ? beside : undefined) };
  return { ...maskAccount(details, beside && 'holder' in beside ? beside : undefined) };
}

export function isSame(before: Details, after: Details): boolean {
  if ('holder' in before && 'holder' in after) return isSameAccount(before, after);
  if ('email' in before && 'email' in after) return emailKey(before.email) === emailKey(after.email);
  return canonicalJson(before) === canonicalJson(after);
}

/**
 * A salted hash of the full details. It is shown and signed beside the masked ones, so that a signature fits these very
 * details and no others that look alike when masked.
 */
export function fingerprint(
  details: Details,
  salt = randomBytes(16).toString('base64url'),
): { salt: string; fingerprint: string } {
  return {
    salt,
    fingerprint: createHash('sha256').update(salt).update('\0').update(canonicalJson(details)).digest('base64url'),
  };
}

function readAccountDetails(value: unknown, pointer: string, weights: ModulusWeights): AccountDetails {
  const read = readAccount(value, weights);
  if ('account' in read) return read.account;
  const errors: FieldError[] = [{ pointer: `${pointer}${read.pointer}`, detail: read.detail }];
  throw new Refusal(
    ['shape', 'unknown_field', 'holder'].includes(read.fault) ? 'invalid-request' : 'account-not-valid',
    { errors },
  );
}

/** One address that looks like what it is, at a host with a name; the host in ASCII. */
function readEmail(text: string, pointer: string): string {
  const address = readEmailAddress(text);
  if (address === null || /^"|^\[/.test(address.local) || address.host.startsWith('['))
    throw malformed(pointer, 'must be exactly one e-mail address, written as it is shown, or { email }');
  const oddity = oddityOf(`${address.local} ${unicodeHost(address).replaceAll('.', ' ')}`);
  if (oddity !== null)
    throw malformed(pointer, `must be an e-mail address that looks like what it is; this ${ODDITIES[oddity]}`);
  return `${address.local}@${address.host}`;
}

function emailKey(email: string): string {
  const address = readEmailAddress(email);
  return address === null ? email.toLowerCase() : addressKey(address);
}

function readPostalAddress(value: unknown, pointer: string, defaultCountry: string): Details {
  const given = typeof value === 'string' ? { lines: value.split(/\r?\n|,\s*/) } : value;
  const {
    lines,
    postcode,
    country = defaultCountry,
    ...rest
  } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const fits =
    Array.isArray(lines) &&
    lines.length > 0 &&
    lines.length <= 7 &&
    lines.every((line) => typeof line === 'string' && line.length <= MOST_LINE_CHARACTERS && line.trim() !== '') &&
    (postcode === undefined || typeof postcode === 'string') &&
    typeof country === 'string' &&
    Object.keys(rest).length === 0;
  if (!fits) throw malformed(pointer, 'must be an address: { lines, postcode?, country? }, or its lines as text');
  if (!isCountry(country)) throw malformed(`${pointer}/country`, 'must be an ISO 3166-1 alpha-2 code such as GB');
  const read = postcode === undefined ? undefined : readPostcode(postcode, country);
  if (read === null)
    throw malformed(`${pointer}/postcode`, 'must be a postcode of 2 to 12 letters, digits, spaces and hyphens');
  const oddity = (lines as string[]).map(oddityOf).find((one) => one !== null);
  if (oddity)
    throw malformed(pointer, `must be an address whose lines look like what they are; one ${ODDITIES[oddity]}`);
  return {
    lines: (lines as string[]).map((line) => line.trim()),
    ...(read === undefined ? {} : { postcode: read }),
    country,
  };
}

function fieldOrText(value: unknown, field: string): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  const { [field]: inner, ...rest } = value as Record<string, unknown>;
  return typeof inner === 'string' && Object.keys(rest).length === 0 ? inner : null;
}

function malformed(pointer: string, detail: string): Refusal {
  return new Refusal('invalid-request', { errors: [{ pointer, detail }] });
}
