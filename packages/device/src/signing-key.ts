import { type Bytes, encodeBase64url, utf8 } from './base64url.js';

/**
 * A key that signs in the customer's name: of WebCrypto, of the Secure Enclave, of StrongBox. It never leaves where it
 * lives.
 */
export interface SigningKey {
  readonly algorithm: 'ES256' | 'EdDSA';
  /** The public key as a JWK, with `kty`, `crv`, `x` and, for P-256, `y`. */
  publicKey(): JsonWebKey | Promise<JsonWebKey>;
  /** 64 bytes: R‖S for ES256 (RFC 7518 section 3.4), never DER; RFC 8032 for EdDSA. */
  sign(bytes: Bytes): Promise<ArrayBuffer | Uint8Array>;
}

/** A new P-256 key in WebCrypto, which cannot be taken out of it. */
export async function generateSigningKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
}

/** A pair of WebCrypto as a signing key. @throws TypeError for another algorithm than ECDSA with P-256 or Ed25519. */
export function webCryptoKey(pair: CryptoKeyPair): SigningKey {
  const { name } = pair.privateKey.algorithm;
  if (name !== 'ECDSA' && name !== 'Ed25519') throw new TypeError('neither ECDSA nor Ed25519');
  return {
    algorithm: name === 'ECDSA' ? 'ES256' : 'EdDSA',
    publicKey: async () => publicMembers(await crypto.subtle.exportKey('jwk', pair.publicKey)),
    sign: (bytes) => crypto.subtle.sign({ name, hash: 'SHA-256' }, pair.privateKey, bytes),
  };
}

/** Of a JWK what makes the key, and nothing that describes it. */
export function publicMembers({ kty, crv, x, y }: JsonWebKey): JsonWebKey {
  return { kty, crv, x, ...(y === undefined ? {} : { y }) };
}

/** A compact JWS (RFC 7515 section 3.1). @throws TypeError where the key gives anything but 64 bytes. */
export async function signJws(key: SigningKey, header: object, payload: object): Promise<string> {
  const head = encodeBase64url(utf8(JSON.stringify({ alg: key.algorithm, ...header })));
  const input = `${head}.${encodeBase64url(utf8(JSON.stringify(payload)))}`;
  const signature = await key.sign(utf8(input));
  if (signature.byteLength !== 64) throw new TypeError('a signature has 64 bytes, R‖S and not DER');
  return `${input}.${encodeBase64url(signature)}`;
}

/**
 * R‖S of 64 bytes (RFC 7518 section 3.4) of an ECDSA signature in DER (SEC 1, appendix C.8), which is what Android's
 * Keystore and Apple's Secure Enclave give.
 *
 * @throws TypeError for what is not two positive integers of at most 256 bits in DER.
 */
export function rawSignature(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new TypeError('not an ECDSA signature in DER');
  const at = readInteger(der, 2, raw.subarray(0, 32));
  if (readInteger(der, at, raw.subarray(32)) !== der.length) throw new TypeError('not an ECDSA signature in DER');
  return raw;
}

/** Reads the integer at a place into bytes that are as long as it may be, and returns the place after it. */
function readInteger(der: Uint8Array, at: number, into: Uint8Array): number {
  const length = der[at + 1] ?? 0;
  const bytes = der.subarray(at + 2, at + 2 + length);
  const padded = bytes[0] === 0;
  const fits =
    der[at] === 2 &&
    length > 0 &&
    bytes.length === length &&
    (padded ? length > 1 && bytes[1]! > 127 : bytes[0]! < 128);
  const magnitude = padded ? bytes.subarray(1) : bytes;
  if (!fits || magnitude.length > into.length) throw new TypeError('not an ECDSA signature in DER');
  into.set(magnitude, into.length - magnitude.length);
  return at + 2 + length;
}
