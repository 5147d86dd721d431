import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { decodeBase64url } from './base64url.js';
import { parseDevicePublicKey, type DeviceJwk } from './device-key.js';
import { parseStrictObject } from './strict-json.js';

const MAX_JWS_LENGTH = 8192;
const MAX_HEADER_LENGTH = 512;
const MAX_KEY_ID_LENGTH = 128;
const SIGNATURE_BYTES = 64;
const MAX_CACHED_KEYS = 5000;

/** Where the checking of a device's signature stopped, in the order of the checks. For the event log. */
export type SignatureFailure = 'malformed' | 'header' | 'algorithm' | 'signature' | 'payload';

/** Thrown for every signature that is not accepted. Names the failure, never the content. */
export class SignatureRefused extends Error {
  override readonly name = 'SignatureRefused';

  constructor(readonly failure: SignatureFailure) {
    super(`device signature refused: ${failure}`);
  }
}

type SignatureAlgorithm = 'ES256' | 'EdDSA';

/** The members that a protected header may have; it must have all that are asked for, and no other. */
type HeaderMember = 'alg' | 'kid' | 'typ';

type DeviceHeader = { alg: string; kid?: string; typ: string };

/** A compact JWS and what it must be. */
export interface DeviceSignatureToVerify {
  jws: string;
  /** The exact `typ` of the header, such as `answer+jws`. */
  typ: string;
  /** As {@link parseDevicePublicKey} gave it; another key is refused as `algorithm`. */
  publicKey: DeviceJwk;
  /** The exact `kid` of the header, where the header has one. */
  keyId?: string;
  /** Exactly these members, each once; by default `alg`, `kid` and `typ`, as in an answer. */
  headerMembers?: readonly HeaderMember[];
  /** Of the whole JWS in characters; 8192 by default. */
  maxLength?: number;
}

const ANSWER_HEADER: readonly HeaderMember[] = ['alg', 'kid', 'typ'];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Importing a key costs as much as verifying with it. Holds public keys only. */
const importedKeys = new LRUCache<string, KeyObject>({ max: MAX_CACHED_KEYS });

/**
 * The header and payload of a compact JWS (RFC 7515 section 3.1) whose signature by that key has been verified.
 *
 * Stricter than the RFC: canonical base64url, no header member beyond those asked for (so none of `crit`, `b64`, `jwk`,
 * `jku`, `x5c`), ES256 by a P-256 key or EdDSA by an Ed25519 key alone, signatures of 64 bytes (R‖S, never DER), and a
 * payload that is one strict JSON object.
 *
 * @throws SignatureRefused for anything else, with the first failure.
 */
export function verifyDeviceSignature(toVerify: DeviceSignatureToVerify): {
  header: DeviceHeader;
  payload: Record<string, unknown>;
} {
  const maxLength = toVerify.maxLength ?? MAX_JWS_LENGTH;
  const parts = split(toVerify.jws, maxLength);
  const header = readHeader(parts.header, toVerify.headerMembers ?? ANSWER_HEADER);
  if (header.typ !== toVerify.typ) throw new SignatureRefused('header');
  if (toVerify.keyId !== undefined && header.kid !== toVerify.keyId) throw new SignatureRefused('header');
  if (!isSignatureAlgorithm(header.alg)) throw new SignatureRefused('algorithm');
  const key = importKey(toVerify.publicKey);
  if (!algorithmFitsKey(header.alg, key)) throw new SignatureRefused('algorithm');
  if (!signatureFits(header.alg, key, parts.signingInput, parts.signature)) throw new SignatureRefused('signature');
  return { header, payload: parseObject(parts.payload, maxLength, 'payload') };
}

/**
 * What a JWS with the header of an answer says about itself, to find the device by. Nothing of it is proven.
 *
 * @throws SignatureRefused (`malformed` or `header`) exactly where {@link verifyDeviceSignature} would.
 */
export function readUnverifiedHeader(jws: string): { alg: string; kid: string; typ: string } {
  const { alg, kid, typ } = readHeader(split(jws, MAX_JWS_LENGTH).header, ANSWER_HEADER);
  if (kid === undefined) throw new SignatureRefused('header');
  return { alg, kid, typ };
}

/**
 * Whether a signature of 64 bytes fits (RFC 7518 section 3.4 for ES256, RFC 8037 section 3.1 for EdDSA). The key must
 * be of the algorithm's type.
 */
export function signatureFits(
  alg: SignatureAlgorithm,
  key: KeyObject,
  signingInput: Buffer,
  signature: Buffer,
): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  return alg === 'ES256'
    ? verify('sha256', signingInput, { key, dsaEncoding: 'ieee-p1363' }, signature)
    : verify(null, signingInput, key, signature);
}

function split(jws: string, maxLength: number) {
  if (typeof jws !== 'string' || jws.length > maxLength) throw new SignatureRefused('malformed');
  const segments = jws.split('.', 4);
  if (segments.length !== 3) throw new SignatureRefused('malformed');
  const [header, payload, signature] = segments.map((segment) => {
    const bytes = decodeBase64url(segment);
    if (bytes === null || bytes.length === 0) throw new SignatureRefused('malformed');
    return bytes;
  }) as [Buffer, Buffer, Buffer];
  const signingInput = Buffer.from(jws.slice(0, jws.lastIndexOf('.')), 'latin1');
  return { header, payload, signature, signingInput };
}

function readHeader(bytes: Buffer, members: readonly HeaderMember[]): DeviceHeader {
  const header = parseObject(bytes, MAX_HEADER_LENGTH, 'header');
  const names = Object.keys(header);
  const exact = names.length === members.length && members.every((name) => Object.hasOwn(header, name));
  if (!exact) throw new SignatureRefused('header');
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || typeof typ !== 'string') throw new SignatureRefused('header');
  if (kid === undefined) return { alg, typ };
  if (typeof kid !== 'string' || kid.length === 0 || kid.length > MAX_KEY_ID_LENGTH) {
    throw new SignatureRefused('header');
  }
  return { alg, kid, typ };
}

function parseObject(bytes: Buffer, maxLength: number, failure: SignatureFailure): Record<string, unknown> {
  try {
    return parseStrictObject(utf8.decode(bytes), maxLength);
  } catch {
    throw new SignatureRefused(failure);
  }
}

function isSignatureAlgorithm(alg: string): alg is SignatureAlgorithm {
  return alg === 'ES256' || alg === 'EdDSA';
}

function algorithmFitsKey(alg: SignatureAlgorithm, key: KeyObject): boolean {
  // Only P-256 and Ed25519 keys get into the cache, so the type alone tells.
  return key.asymmetricKeyType === (alg === 'ES256' ? 'ec' : 'ed25519');
}

function importKey(jwk: DeviceJwk): KeyObject {
  try {
    // All that makes the key, so that the cache can never answer with another.
    const name = JSON.stringify([jwk.kty, jwk.crv, jwk.x, jwk.kty === 'EC' ? jwk.y : null]);
    const known = importedKeys.get(name);
    if (known !== undefined) return known;
    const key = createPublicKey({ key: parseDevicePublicKey(jwk, 'signature').jwk, format: 'jwk' });
    importedKeys.set(name, key);
    return key;
  } catch {
    throw new SignatureRefused('algorithm');
  }
}
