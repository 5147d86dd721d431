import { createHmac, randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHARACTERS = 16;

/** A code for a letter: 80 random bits as 16 Crockford base-32 characters in groups of four. */
export function generateLetterCode(): string {
  const characters = [...randomBytes(CHARACTERS)].map((byte) => ALPHABET[byte & 31]).join('');
  return characters.match(/.{4}/g)!.join('-');
}

/** The code as typed, in its one form: case, hyphens and spaces do not matter, O reads as 0, I and L as 1. Null for what cannot be one. */
export function normaliseLetterCode(text: string): string | null {
  const characters = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return new RegExp(`^[${ALPHABET}]{${CHARACTERS}}$`).test(characters) ? characters : null;
}

/** What is kept of a code: a keyed hash bound to the tenant and the customer. */
export function letterCodeMac(key: Buffer, of: { tenantId: string; customerId: string; code: string }): Buffer {
  return createHmac('sha256', key).update(JSON.stringify(['letter', of.tenantId, of.customerId, of.code])).digest();
}
