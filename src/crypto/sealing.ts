import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { frame } from './framing.js';
import { secureRandom } from './random.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;
const HEAD_BYTES = 1 + NONCE_BYTES;

/** Thrown where sealed bytes do not open: altered, of another key, or of another context. Holds none of them. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor() {
    super('sealed data does not open under this key and context');
  }
}

/** Whose a data key is. Bound to the wrapped key, so that it opens in no other place. */
export interface DataKeyOwner {
  tenantId: string;
  customerId: string;
  keyId: string;
}

/** A new data key for one customer: 32 random bytes. */
export function generateDataKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * A data key as it may be stored: 61 bytes, sealed with AES-256-GCM and bound to its owner.
 *
 * @param wrappingKey `ServerKeys.wrapping`.
 * @throws RangeError unless both keys have 32 bytes.
 */
export function wrapDataKey(wrappingKey: Buffer, dataKey: Buffer, owner: DataKeyOwner): Buffer {
  if (dataKey.length !== KEY_BYTES) throw new RangeError('a data key must have 32 bytes');
  return encrypt(wrappingKey, dataKey, ownerFrame(owner));
}

/**
 * The data key that {@link wrapDataKey} wrapped.
 *
 * @throws SealBroken for another wrapping key, another owner, or altered bytes.
 */
export function unwrapDataKey(wrappingKey: Buffer, wrapped: Buffer, owner: DataKeyOwner): Buffer {
  const dataKey = decrypt(wrappingKey, wrapped, ownerFrame(owner));
  if (dataKey.length !== KEY_BYTES) throw new SealBroken();
  return dataKey;
}

/**
 * A plaintext sealed with AES-256-GCM (NIST SP 800-38D): a version byte, a random nonce of 96 bits, the ciphertext, and
 * a tag of 128 bits; 29 bytes longer than the plaintext (a string counts as UTF-8).
 *
 * @param context where this belongs, such as `contact_point.number:<id>`; the same text is needed to open it.
 * @throws RangeError unless the key has 32 bytes.
 */
export function seal(dataKey: Buffer, plaintext: string | Buffer, context: string): Buffer {
  return encrypt(dataKey, plaintext, contextFrame(context));
}

/**
 * The plaintext that {@link seal} sealed.
 *
 * @throws SealBroken for another key or context, and for any altered, missing or added byte.
 */
export function open(dataKey: Buffer, sealed: Buffer, context: string): Buffer {
  return decrypt(dataKey, sealed, contextFrame(context));
}

/**
 * A keyed hash (HMAC-SHA-256, 32 bytes) by which a value can be found without being readable, such as a phone number in
 * E.164. Differs by tenant and by kind.
 *
 * @param key `ServerKeys.lookup`.
 */
export function lookupHash(key: Buffer, tenantId: string, kind: string, value: string): Buffer {
  return createHmac('sha256', key)
    .update(frame('countersign/v1/lookup', tenantId, kind, value))
    .digest();
}

function ownerFrame(owner: DataKeyOwner): Buffer {
  return frame('countersign/v1/data-key', owner.tenantId, owner.customerId, owner.keyId);
}

function contextFrame(context: string): Buffer {
  return frame('countersign/v1/seal', context);
}

function encrypt(key: Buffer, plaintext: string | Buffer, bound: Buffer): Buffer {
  const head = Buffer.concat([Buffer.of(VERSION), secureRandom(NONCE_BYTES)]);
  const cipher = createCipheriv(CIPHER, key, head.subarray(1), { authTagLength: TAG_BYTES });
  cipher.setAAD(bound);
  const text = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext;
  return Buffer.concat([head, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, bound: Buffer): Buffer {
  if (sealed.length < HEAD_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new SealBroken();
  try {
    const nonce = sealed.subarray(1, HEAD_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(bound);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new SealBroken();
  }
}
