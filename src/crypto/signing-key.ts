import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { jwkThumbprint } from './device-key.js';

/** An Ed25519 public key (RFC 8037 section 2) with its RFC 7638 thumbprint for a name. */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** Thrown where a key is none that signs. Never holds what was given. */
export class SigningKeyRefused extends Error {
  override readonly name = 'SigningKeyRefused';

  constructor(message = 'a signing key must be an Ed25519 private key, as PKCS#8 PEM or JWK') {
    super(message);
  }
}

/**
 * An Ed25519 private key out of PKCS#8 PEM (RFC 8410) or a private JWK (RFC 8037). Line breaks of a PEM may be written `\n`,
 * as environments have them.
 * @throws SigningKeyRefused for anything else.
 */
export function parseSigningKey(text: string): KeyObject {
  const trimmed = text.trim();
  let key: KeyObject;
  try {
    key = trimmed.startsWith('{')
      ? createPrivateKey({ key: JSON.parse(trimmed) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(trimmed.replaceAll('\\n', '\n'));
  } catch {
    throw new SigningKeyRefused();
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new SigningKeyRefused();
  return key;
}

/**
 * An Ed25519 public key out of SPKI PEM (RFC 8410) or a JWK (RFC 8037), of whose private half nothing is needed.
 * @throws SigningKeyRefused for anything else.
 */
export function parseVerificationKey(text: string): Ed25519Jwk {
  const trimmed = text.trim();
  try {
    const key = createPublicKey(
      trimmed.startsWith('{')
        ? { key: JSON.parse(trimmed) as JsonWebKey, format: 'jwk' }
        : trimmed.replaceAll('\\n', '\n'),
    );
    if (key.asymmetricKeyType === 'ed25519') return { kty: 'OKP', crv: 'Ed25519', x: key.export({ format: 'jwk' }).x! };
  } catch {
    // What was given is in no error.
  }
  throw new SigningKeyRefused('a public key must be of Ed25519, as SPKI PEM or JWK');
}

/** The name that a key signs under: its RFC 7638 thumbprint. */
export function signingKeyId({ crv, kty, x }: Ed25519Jwk): string {
  return jwkThumbprint({ crv, kty, x });
}

/** A new Ed25519 private key as PKCS#8 PEM. */
export function generateSigningKeyPem(): string {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** The public half of an Ed25519 key, and the name that it signs under. */
export function publicJwkOf(key: KeyObject): { jwk: Ed25519Jwk; keyId: string } {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: x! };
  return { jwk, keyId: signingKeyId(jwk) };
}
