import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { decodeBase64url } from './base64url.js';
import { type DeviceJwk, parseDevicePublicKey } from './device-key.js';
import { parseStrictObject } from './strict-json.js';

/** Where the checking of an assertion stopped, in the order of the checks. For the event log. */
export type PasskeyFailure =
  | 'malformed'
  | 'client_data'
  | 'asserted_payload'
  | 'origin'
  | 'cross_origin'
  | 'rp_id'
  | 'user_verification'
  | 'signature';

/** Thrown for what a passkey made and is not accepted. Names the failure, never the content. */
export class PasskeyRefused extends Error {
  override readonly name = 'PasskeyRefused';

  constructor(readonly failure: PasskeyFailure) {
    super(`passkey refused: ${failure}`);
  }
}

/** The part of an AuthenticationResponseJSON that proves something (Web Authentication, section 5.1); base64url texts. */
export interface PasskeyAssertion {
  /** The credential id. */
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

/** What an assertion must be. */
export interface ExpectedAssertion {
  /** The exact text, base64url. */
  readonly challenge: string;
  readonly rpId: string;
  /** The exact origins; without them, any of the RP id's own. */
  readonly origins?: readonly string[];
  readonly publicKey: DeviceJwk;
}

/** How much of each there may be; authenticators and browsers stay far below. */
const MOST_CHARACTERS = { id: 1_364, clientDataJSON: 4_096, authenticatorData: 1_364, signature: 256 } as const;
const MOST_CLIENT_DATA = 3_072;
const AUTHENTICATOR_DATA_BYTES = 37;
const FLAGS_AT = 32;
const SIGN_COUNT_AT = 33;
const [PRESENT, VERIFIED, ATTESTED, EXTENDED] = [0x01, 0x04, 0x40, 0x80];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The parts of what a client gave for `response`, or null where it has another form. Members that prove nothing are left out. */
export function readAssertion(response: unknown): PasskeyAssertion | null {
  const { id, rawId, type, response: inner } = Object(response) as Record<string, unknown>;
  const { clientDataJSON, authenticatorData, signature } = Object(inner) as Record<string, unknown>;
  if (type !== 'public-key' || rawId !== id) return null;
  const parts = { id, clientDataJSON, authenticatorData, signature };
  const wellFormed = Object.entries(MOST_CHARACTERS).every(([name, most]) =>
    isBase64url(parts[name as keyof typeof parts], most),
  );
  return wellFormed ? (parts as PasskeyAssertion) : null;
}

/**
 * Checks an assertion (Web Authentication, section 7.2, steps 10 to 21) by a key that is known.
 *
 * Stricter than the standard: the user must have been verified, no frame of another origin is let through, the client
 * data is one strict JSON object, and ES256 by a P-256 key or EdDSA by an Ed25519 key alone.
 *
 * @returns the sign counter, for step 22, which is the caller's.
 * @throws PasskeyRefused for anything else, with the first failure.
 */
export function verifyAssertion(assertion: PasskeyAssertion, expected: ExpectedAssertion): { signCount: number } {
  const clientData = bytesOf(assertion.clientDataJSON);
  requireClientData(readClientData(clientData), 'webauthn.get', expected);
  const authenticatorData = bytesOf(assertion.authenticatorData);
  const signCount = readAuthenticatorData(authenticatorData, expected.rpId);
  if (!assertionFits(expected.publicKey, authenticatorData, clientData, bytesOf(assertion.signature)))
    throw new PasskeyRefused('signature');
  return { signCount };
}

/** Whether a signature is by this key over the authenticator data and the hash of the client data (section 6.3.3). */
export function assertionFits(
  publicKey: DeviceJwk,
  authenticatorData: Buffer,
  clientData: Buffer,
  signature: Buffer,
): boolean {
  return fits(keyOf(publicKey), Buffer.concat([authenticatorData, hash('sha256', clientData, 'buffer')]), signature);
}

/** The collected client data (section 5.8.1). @throws PasskeyRefused where it is not one JSON object that all read alike. */
export function readClientData(bytes: Buffer): Record<string, unknown> {
  try {
    return parseStrictObject(utf8.decode(bytes), MOST_CLIENT_DATA);
  } catch {
    throw new PasskeyRefused('client_data');
  }
}

/** Requires client data to be of this ceremony, challenge and origin, and of no frame of another. @throws PasskeyRefused */
export function requireClientData(
  { type, challenge, origin, crossOrigin, topOrigin }: Record<string, unknown>,
  ceremony: 'webauthn.create' | 'webauthn.get',
  expected: Pick<ExpectedAssertion, 'challenge' | 'origins' | 'rpId'>,
): void {
  if (type !== ceremony || typeof origin !== 'string') throw new PasskeyRefused('client_data');
  if (challenge !== expected.challenge) throw new PasskeyRefused('asserted_payload');
  if (!(expected.origins ? expected.origins.includes(origin) : isOriginOf(origin, expected.rpId)))
    throw new PasskeyRefused('origin');
  if ((crossOrigin ?? false) !== false || topOrigin !== undefined) throw new PasskeyRefused('cross_origin');
}

/**
 * Whether an origin may use the RP id: a page of that domain or below it, or an Android app, which no domain names.
 * `localhost` is for development, and there a page may also be of this machine's address.
 */
export function isOriginOf(origin: string, rpId: string): boolean {
  if (/^android:apk-key-hash:[A-Za-z0-9_-]{43}$/.test(origin)) return true;
  const { origin: canonical, protocol, hostname } = parsed(origin);
  if (canonical !== origin) return false;
  if (rpId === 'localhost' && protocol === 'http:') return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' && (hostname === rpId || hostname.endsWith(`.${rpId}`));
}

function parsed(text: string): Pick<URL, 'origin' | 'protocol' | 'hostname'> {
  try {
    return new URL(text);
  } catch {
    return { origin: 'null', protocol: '', hostname: '' };
  }
}

/** Whether a value is canonical base64url of at least one byte. */
export function isBase64url(value: unknown, mostCharacters: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= mostCharacters && decodeBase64url(value) !== null;
}

/** The sign counter of the authenticator data (section 6.1), whose user was there and verified. */
function readAuthenticatorData(bytes: Buffer, rpId: string): number {
  if (bytes.length < AUTHENTICATOR_DATA_BYTES) throw new PasskeyRefused('malformed');
  const flags = bytes.readUInt8(FLAGS_AT);
  const isExtended = (flags & EXTENDED) !== 0;
  if ((flags & ATTESTED) !== 0 || isExtended !== bytes.length > AUTHENTICATOR_DATA_BYTES)
    throw new PasskeyRefused('malformed');
  if (!bytes.subarray(0, FLAGS_AT).equals(hash('sha256', rpId, 'buffer'))) throw new PasskeyRefused('rp_id');
  if ((flags & PRESENT) === 0 || (flags & VERIFIED) === 0) throw new PasskeyRefused('user_verification');
  return bytes.readUInt32BE(SIGN_COUNT_AT);
}

function fits(key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  // WebAuthn has ECDSA signatures in ASN.1 DER, other than JWS (section 6.5.5).
  return key.asymmetricKeyType === 'ec'
    ? verify('sha256', signed, { key, dsaEncoding: 'der' }, signature)
    : verify(null, signed, key, signature);
}

function keyOf(jwk: DeviceJwk): KeyObject {
  return createPublicKey({ key: parseDevicePublicKey(jwk, 'signature').jwk, format: 'jwk' });
}

function bytesOf(text: string): Buffer {
  const bytes = decodeBase64url(text);
  if (bytes === null) throw new PasskeyRefused('malformed');
  return bytes;
}
