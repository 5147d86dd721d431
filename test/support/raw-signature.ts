import { createHash, KeyObject, sign, type webcrypto } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CustomerDevice, Question } from './customer-device.js';

/** A compact JWS over exactly these texts by the device's key, as no library would make it. */
export function signTexts(
  device: CustomerDevice,
  header: string,
  payload: string,
  encoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): string {
  const { signingKey } = device as unknown as { signingKey: webcrypto.CryptoKey };
  const key = KeyObject.from(signingKey);
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const signature =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, Buffer.from(input), key)
      : sign('sha256', Buffer.from(input), { key, dsaEncoding: encoding });
  return `${input}.${signature.toString('base64url')}`;
}

export const displayHash = (display: object): string =>
  createHash('sha256').update(canonicalize(display)!).digest('base64url');

export const answerHeader = (device: CustomerDevice): Record<string, unknown> => ({
  alg: 'ES256',
  kid: device.id,
  typ: 'answer+jws',
});

export function answerPayload(question: Question, change: object = {}): Record<string, unknown> {
  return {
    verification: question.id,
    challenge: question.challenge,
    display: displayHash(question.display),
    answer: 'no',
    iat: Math.floor(Date.now() / 1000),
    ...change,
  };
}
