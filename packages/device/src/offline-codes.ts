import { decodeBase32, decodeBase64url, utf8 } from './base64url.js';

const STEP_SECONDS = 30;

/** The keys by which a device proves itself, and knows the bank, without a connection. They cannot be taken out. */
export interface OfflineKeys {
  /** Its code is read out by the bank first, and compared with what the app shows. */
  readonly bankProof: CryptoKey;
  /** Its code is read out by a customer who phoned the bank. */
  readonly customerProof: CryptoKey;
}

/** A code and how long it holds. */
export interface OfflineCode {
  readonly code: string;
  readonly secondsLeft: number;
}

/** A new P-256 key to which the bank encrypts the offline secrets. It cannot be taken out of WebCrypto. */
export async function generateDecryptionKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
}

/**
 * The keys in the `offline` of an enrolment: a compact JWE with ECDH-ES and A256GCM (RFC 7518 sections 4.6 and 5.3).
 *
 * @throws TypeError for another form; DOMException where it is for another key, or was altered.
 */
export async function openOfflineKeys(jwe: string, decryptionKey: CryptoKey): Promise<OfflineKeys> {
  const parts = jwe.split('.');
  const [head, wrapped, iv, ciphertext, tag] = parts as [string, string, string, string, string];
  if (parts.length !== 5 || wrapped !== '') throw new TypeError('not a compact JWE by ECDH-ES');
  const header = JSON.parse(new TextDecoder().decode(decodeBase64url(head))) as JweHeader;
  if (header.alg !== 'ECDH-ES' || header.enc !== 'A256GCM') throw new TypeError('neither ECDH-ES nor A256GCM');
  const key = await agree(header, decryptionKey);
  const sealed = Uint8Array.from([...decodeBase64url(ciphertext), ...decodeBase64url(tag)]);
  const plaintext = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: decodeBase64url(iv), additionalData: utf8(head) },
    key,
    sealed,
  );
  const secrets = JSON.parse(new TextDecoder().decode(plaintext)) as Record<string, string>;
  return {
    bankProof: await importSecret(secrets['bankProof']),
    customerProof: await importSecret(secrets['customerProof']),
  };
}

/**
 * The code of a key at a time: TOTP with SHA-1, 6 digits, 30 s (RFC 6238 section 4).
 *
 * @param atMilliseconds Unix time; the phone's own by default.
 */
export async function offlineCode(key: CryptoKey, atMilliseconds: number = Date.now()): Promise<OfflineCode> {
  const seconds = Math.floor(atMilliseconds / 1000);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(seconds / STEP_SECONDS)));
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  // RFC 4226 section 5.3.
  const truncated = mac.getUint32(mac.getUint8(19) & 0xf) & 0x7fffffff;
  return {
    code: String(truncated % 1_000_000).padStart(6, '0'),
    secondsLeft: STEP_SECONDS - (seconds % STEP_SECONDS),
  };
}

interface JweHeader {
  readonly alg: string;
  readonly enc: string;
  readonly epk: JsonWebKey;
  readonly apu?: string;
  readonly apv?: string;
}

/** RFC 7518 section 4.6.2: one round of the Concat KDF, whose AlgorithmID is the `enc`. */
async function agree({ epk, enc, apu = '', apv = '' }: JweHeader, decryptionKey: CryptoKey): Promise<CryptoKey> {
  const curve = { name: 'ECDH', namedCurve: 'P-256' };
  const { kty, crv, x, y } = epk;
  const ephemeral = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, curve, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: ephemeral }, decryptionKey, 256);
  const input = Uint8Array.from([
    ...word(1),
    ...new Uint8Array(shared),
    ...prefixed(utf8(enc)),
    ...prefixed(decodeBase64url(apu)),
    ...prefixed(decodeBase64url(apv)),
    ...word(256),
  ]);
  return crypto.subtle.importKey('raw', await crypto.subtle.digest('SHA-256', input), 'AES-GCM', false, ['decrypt']);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function prefixed(bytes: Uint8Array): number[] {
  return [...word(bytes.length), ...bytes];
}

async function importSecret(base32: string | undefined): Promise<CryptoKey> {
  const secret = decodeBase32(base32 ?? '');
  if (secret.length < 20) throw new TypeError('a secret has 160 bits or more');
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
}
