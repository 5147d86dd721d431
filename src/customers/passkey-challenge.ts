import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64url } from '../crypto/base64url.js';
import { frame } from '../crypto/framing.js';
import { secureRandom } from '../crypto/random.js';

/** How long a customer may take to make a passkey. */
export const CEREMONY_SECONDS = 300;

const NONCE_BYTES = 16;
const TIME_BYTES = 4;
const MAC_BYTES = 16;
const CHALLENGE_BYTES = NONCE_BYTES + TIME_BYTES + MAC_BYTES;

/** Whom a challenge is for. */
export interface Challenged {
  readonly tenantId: string;
  readonly customerId: string;
}

/** A challenge for one customer, which says when it was made: nothing has to be kept until it comes back. */
export function makeChallenge(key: Buffer, whom: Challenged, nowSeconds: number): Buffer {
  const head = Buffer.alloc(NONCE_BYTES + TIME_BYTES);
  secureRandom(NONCE_BYTES).copy(head);
  head.writeUInt32BE(Math.floor(nowSeconds), NONCE_BYTES);
  return Buffer.concat([head, macOf(key, whom, head)]);
}

/** When a challenge was made for this customer under one of these keys, in Unix seconds; null for one that was not. Whether it is spent or too old is for the database. */
export function readChallenge(keys: readonly Buffer[], whom: Challenged, challenge: unknown): number | null {
  const bytes = typeof challenge === 'string' ? decodeBase64url(challenge) : null;
  if (bytes?.length !== CHALLENGE_BYTES) return null;
  const head = bytes.subarray(0, NONCE_BYTES + TIME_BYTES);
  const given = bytes.subarray(head.length);
  if (!keys.map((key) => timingSafeEqual(given, macOf(key, whom, head))).includes(true)) return null;
  return head.readUInt32BE(NONCE_BYTES);
}

/** The user handle of a customer (Web Authentication, section 5.4.3): the same each time, and says nothing of who it is. */
export function userHandleOf(key: Buffer, { tenantId, customerId }: Challenged): Buffer {
  return createHmac('sha256', key)
    .update(frame('user', tenantId, customerId))
    .digest();
}

function macOf(key: Buffer, { tenantId, customerId }: Challenged, head: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(frame('challenge', tenantId, customerId, head.toString('hex')))
    .digest()
    .subarray(0, MAC_BYTES);
}
