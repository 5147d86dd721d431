import { createHash, randomBytes } from 'node:crypto';
import { readAccount, isSameAccount, type AccountDetails } from '../readers/account.js';
import { maskAccount, maskEmail, maskPhone, maskPostalAddress } from '../readers/masking.js';
import type { ModulusWeights } from '../readers/uk-modulus-weights.js';
import { isCountry } from '../readers/country.js';
import { readPostcode } from '../readers/postcode.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { toE164 } from '../readers/number.js';
import { type FieldError, Problem } from '../platform/problem.js';
import type { ChangeSubject } from '../policy/policy.js';

export type Details = AccountDetails | { number: string } | { email: string } | { lines: string[]; postcode?: string; country: string };

export interface ReadContext {
  readonly weights: ModulusWeights;
  readonly defaultCountry: string;
}

const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@(?=.{1,255}$)([A-Za-z0-9\p{L}\p{N}](?:[A-Za-z0-9\p{L}\p{N}-]{0,61}[A-Za-z0-9\p{L}\p{N}])?\.)+[A-Za-z\p{L}]{2,63}$/u;
const LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]{1,140}$/u;

/**
 * Reads the details of a subject as a client sends them, normalised.
 * @throws Problem 400 for what has not the form, 422 `account-not-valid` for account details that cannot be right.
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
      if (email === null || email.length > 320 || !EMAIL.test(email)) throw malformed(pointer, 'must be an e-mail address, or { email }');
      return { email };
    }
    case 'postal_address':
      return readPostalAddress(value, pointer, context.defaultCountry);
    default:
      throw new TypeError(`unknown subject ${String(subject)}`);
  }
}

/** The details as a bank shows them: enough to recognise, too little to use. */
export function maskDetails(details: Details, beside: Details | null = null): Record<string, unknown> {
  if ('number' in details) return { number: maskPhone(details.number) };
  if ('email' in details) return { email: maskEmail(details.email) };
  if ('lines' in details) return { address: maskPostalAddress(details) };
  return { ...maskAccount(details, beside && 'holder' in beside ? beside : undefined) };
}

export function isSame(before: Details, after: Details): boolean {
  if ('holder' in before && 'holder' in after) return isSameAccount(before, after);
  if ('email' in before && 'email' in after) return before.email.toLowerCase() === after.email.toLowerCase();
  return canonicalJson(before) === canonicalJson(after);
}

/**
 * A salted hash of the full details. It is shown and signed beside the masked ones, so that a signature fits these very
 * details and no others that look alike when masked.
 */
export function fingerprint(details: Details, salt = randomBytes(16).toString('base64url')): { salt: string; fingerprint: string } {
  return { salt, fingerprint: createHash('sha256').update(salt).update('\0').update(canonicalJson(details)).digest('base64url') };
}

function readAccountDetails(value: unknown, pointer: string, weights: ModulusWeights): AccountDetails {
  const read = readAccount(value, weights);
  if ('account' in read) return read.account;
  const errors: FieldError[] = [{ pointer: `${pointer}${read.pointer}`, detail: read.detail }];
  throw new Problem(['shape', 'unknown_field', 'holder'].includes(read.fault) ? 'invalid-request' : 'account-not-valid', { errors });
}

function readPostalAddress(value: unknown, pointer: string, defaultCountry: string): Details {
  const given = typeof value === 'string' ? { lines: value.split(/\r?\n|,\s*/) } : value;
  const { lines, postcode, country = defaultCountry, ...rest } = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const fits = Array.isArray(lines) && lines.length > 0 && lines.length <= 7 && lines.every((line) => typeof line === 'string' && LINE.test(line) && line.trim() !== '')
    && (postcode === undefined || typeof postcode === 'string') && typeof country === 'string' && Object.keys(rest).length === 0;
  if (!fits) throw malformed(pointer, 'must be an address: { lines, postcode?, country? }, or its lines as text');
  if (!isCountry(country)) throw malformed(`${pointer}/country`, 'must be an ISO 3166-1 alpha-2 code such as GB');
  const read = postcode === undefined ? undefined : readPostcode(postcode, country);
  if (read === null) throw malformed(`${pointer}/postcode`, 'must be a postcode of 2 to 12 letters, digits, spaces and hyphens');
  return { lines: (lines as string[]).map((line) => line.trim()), ...(read === undefined ? {} : { postcode: read }), country };
}

function fieldOrText(value: unknown, field: string): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  const { [field]: inner, ...rest } = value as Record<string, unknown>;
  return typeof inner === 'string' && Object.keys(rest).length === 0 ? inner : null;
}

function malformed(pointer: string, detail: string): Problem {
  return new Problem('invalid-request', { errors: [{ pointer, detail }] });
}
