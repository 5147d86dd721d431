import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import canonicalize from 'canonicalize';

// One key pair for all simulated devices, since what is measured is the server; the driver, a child, gets it in its environment.
process.env.BENCH_DEVICE_KEY ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string;
const signingKey = createPrivateKey(process.env.BENCH_DEVICE_KEY);
const encryption = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (): number => Math.floor(Date.now() / 1_000);
export const devicePublicKey = createPublicKey(signingKey).export({ format: 'jwk' });
const encryptionKey = encryption.publicKey.export({ format: 'jwk' });

/** A compact JWS with ES256 (RFC 7515, RFC 7518 §3.4). */
export function signCompact(header: object, payload: object): string {
  const input = `${part({ alg: 'ES256', ...header })}.${part(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: signingKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** The body of a request that enrols the device for a customer. */
export function enrolment(customerId: string): object {
  const proof = signCompact(
    { typ: 'enrolment+jws' },
    { customer: customerId, aud: 'urn:countersign', iat: seconds(), jti: randomUUID() },
  );
  return { name: 'Phone', platform: 'android', publicKey: devicePublicKey, encryptionKey, proof };
}

/** The customer's yes, signed over exactly what was shown. */
export function signedAnswer(
  deviceId: string,
  question: { id: string; challenge: string; display: object },
  code: string,
): string {
  const display = createHash('sha256').update(canonicalize(question.display)!).digest('base64url');
  return signCompact(
    { kid: deviceId, typ: 'answer+jws' },
    { verification: question.id, challenge: question.challenge, display, answer: 'yes', code, iat: seconds() },
  );
}
