import { createHmac, hash } from 'node:crypto';
import { frame } from './framing.js';

/**
 * The salt under which one value of a customer is committed to: 32 bytes that follow from the customer's data key, so that
 * whoever destroys the key destroys the salt, and nothing that could be guessed can be tried against the commitment.
 *
 * @param context where the value belongs, such as `verifications.display`, with `id` of the row.
 */
export function commitmentSalt(dataKey: Buffer, context: string, id: string): Buffer {
  return createHmac('sha256', dataKey)
    .update(frame('countersign/v1/commitment-salt', context, id))
    .digest();
}

/** A commitment to a text: hex of SHA-256 over the salt and the text in UTF-8. It says nothing to whom the salt is not shown. */
export function commit(salt: Buffer, text: string): string {
  if (salt.length !== 32) throw new RangeError('a salt has 32 bytes');
  return hash('sha256', Buffer.concat([salt, Buffer.from(text, 'utf8')]), 'hex');
}
