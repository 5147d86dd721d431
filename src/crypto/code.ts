import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { frame } from './framing.js';

/** How many digits a code to be read out has. */
export const CODE_DIGITS = 6;

/** A code to be read out: 6 decimal digits, each of the million equally likely, from the CSPRNG. */
export function generateCode(): string {
  return randomInt(0, 10 ** CODE_DIGITS)
    .toString()
    .padStart(CODE_DIGITS, '0');
}

/**
 * What is kept of a code: HMAC-SHA-256 (32 bytes) over it and the verification it belongs to, so that neither can be
 * moved to another verification or tenant.
 *
 * @param key `ServerKeys.codeMac`.
 * @param of.code any text; what is not a code simply matches none.
 */
export function codeMac(key: Buffer, of: { tenantId: string; verificationId: string; code: string }): Buffer {
  const framed = frame('countersign/v1/code', of.tenantId, of.verificationId, of.code);
  return createHmac('sha256', key).update(framed).digest();
}

/** Whether two MACs are the same, in constant time. False where their lengths differ. */
export function codeMatches(expected: Buffer, actual: Buffer): boolean {
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
