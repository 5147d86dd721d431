import { createHmac, randomBytes } from 'node:crypto';
import { CROCKFORD_ALPHABET, readCrockfordCode } from '../readers/code.js';

const CHARACTERS = 16;

/** A code for a letter: 80 random bits as 16 Crockford base-32 characters in groups of four. */
export function generateLetterCode(): string {
  const characters = [...randomBytes(CHARACTERS)].map((byte) => CROCKFORD_ALPHABET[byte & 31]).join('');
  return characters.match(/.{4}/g)!.join('-');
}

/** The code as typed, in its one form; null for what cannot be one. */
export function readLetterCode(text: string): string | null {
  return readCrockfordCode(text, CHARACTERS);
}

/** What is kept of a code: a keyed hash bound to the tenant and the customer. */
export function letterCodeMac(key: Buffer, of: { tenantId: string; customerId: string; code: string }): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(['letter', of.tenantId, of.customerId, of.code]))
    .digest();
}
