import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

export interface ReadJws {
  readonly kid: string;
  readonly payload: Record<string, string>;
  /** Whether the signature is that of the key (ES256, RFC 7518 §3.4). */
  by(publicKey: KeyObject): boolean;
}

/** Reads a compact JWS without verifying it. */
export function readJws(jws: string): ReadJws {
  const [header, payload, signature] = jws.split('.') as [string, string, string];
  const parse = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
  return {
    kid: parse(header).kid,
    payload: parse(payload),
    by: (key) =>
      verify(
        'sha256',
        Buffer.from(`${header}.${payload}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
  };
}

const known = new Map<string, KeyObject>();

/** The key object of a customer's JWK, made once. */
export function keyOf(customerId: string, jwk: JsonWebKey): KeyObject {
  let key = known.get(customerId);
  if (!key) known.set(customerId, (key = createPublicKey({ key: jwk, format: 'jwk' })));
  return key;
}
