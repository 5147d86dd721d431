import { createPublicKey, hash } from 'node:crypto';
import { decodeBase64url } from './base64url.js';
import { canonicalJson } from './canonical-json.js';

/** A device's public key with only the members that make it up. `alg` is there on an encryption key that named one. */
export type DeviceJwk =
  { kty: 'EC'; crv: 'P-256'; x: string; y: string; alg?: KeyAgreement } | { kty: 'OKP'; crv: 'Ed25519'; x: string };

/** How the content key of a JWE to a device is agreed (RFC 7518 section 4.6). */
type KeyAgreement = 'ECDH-ES' | 'ECDH-ES+A256KW';

export type DeviceKeyUse = 'signature' | 'encryption';

/** Why a key was refused. */
export type DeviceKeyFault = 'not_a_key' | 'private' | 'type' | 'member' | 'contradiction' | 'coordinates' | 'point';

/** Thrown by {@link parseDevicePublicKey}. Names the fault, never the key. */
export class DeviceKeyRefused extends Error {
  override readonly name = 'DeviceKeyRefused';

  constructor(readonly fault: DeviceKeyFault) {
    super(`device key refused: ${fault}`);
  }
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const DESCRIPTIVE_MEMBERS = ['kid', 'use', 'alg', 'key_ops', 'ext'];
const KEY_AGREEMENTS: readonly unknown[] = ['ECDH-ES', 'ECDH-ES+A256KW'] satisfies KeyAgreement[];

/**
 * The encodings of Ed25519 points of small order, sign bit cleared. Under such a key one signature can fit many
 * messages, so it proves nothing; OpenSSL takes them.
 */
const ED25519_SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * A device's public key, brought to its one minimal form, with its thumbprint (RFC 7638, SHA-256, base64url).
 *
 * Takes EC P-256, and for signatures OKP Ed25519 (RFC 7518 section 6.2, RFC 8037 section 2). `kid`, `use`, `alg`,
 * `key_ops` and `ext` may be there if they do not contradict the use, and are dropped; only the `alg` of an encryption
 * key is kept, since it decides how a JWE to that key is made.
 *
 * @throws DeviceKeyRefused for private or symmetric keys, other types and curves, any other member, coordinates that
 * are not 32 bytes in canonical base64url, points off the curve, and Ed25519 points of small order.
 */
export function parseDevicePublicKey(jwk: unknown, use: DeviceKeyUse): { jwk: DeviceJwk; thumbprint: string } {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new DeviceKeyRefused('not_a_key');
  const given: Record<string, unknown> = { ...jwk };
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(given, name))) throw new DeviceKeyRefused('private');
  const key = given['kty'] === 'EC' ? parseP256(given) : parseEd25519(given, use);
  refuseOtherMembers(given, Object.keys(key));
  refuseContradictions(given, use, key.kty);
  refuseOffCurve(key);
  const thumbprint = jwkThumbprint(key);
  if (use === 'encryption' && key.kty === 'EC' && given['alg'] !== undefined) {
    return { jwk: { ...key, alg: given['alg'] as KeyAgreement }, thumbprint };
  }
  return { jwk: key, thumbprint };
}

/**
 * The thumbprint of a key (RFC 7638, SHA-256) as 43 characters of base64url.
 *
 * @param required exactly the required members of its key type (RFC 7638 section 3.2); all that is given is hashed.
 */
export function jwkThumbprint(required: Record<string, string>): string {
  return hash('sha256', canonicalJson(required), 'base64url');
}

function parseP256(given: Record<string, unknown>): DeviceJwk & Record<string, string> {
  if (given['crv'] !== 'P-256') throw new DeviceKeyRefused('type');
  return { kty: 'EC', crv: 'P-256', x: coordinate(given['x']), y: coordinate(given['y']) };
}

function parseEd25519(given: Record<string, unknown>, use: DeviceKeyUse): DeviceJwk & Record<string, string> {
  if (given['kty'] !== 'OKP' || given['crv'] !== 'Ed25519' || use !== 'signature') throw new DeviceKeyRefused('type');
  const x = coordinate(given['x']);
  const withoutSign = Buffer.from(x, 'base64url');
  withoutSign.writeUInt8(withoutSign.readUInt8(31) & 0x7f, 31);
  if (ED25519_SMALL_ORDER.has(withoutSign.toString('hex'))) throw new DeviceKeyRefused('point');
  return { kty: 'OKP', crv: 'Ed25519', x };
}

function coordinate(text: unknown): string {
  if (typeof text !== 'string' || text.length !== 43) throw new DeviceKeyRefused('coordinates');
  if (decodeBase64url(text)?.length !== 32) throw new DeviceKeyRefused('coordinates');
  return text;
}

function refuseOtherMembers(given: Record<string, unknown>, required: string[]): void {
  const known = new Set([...required, ...DESCRIPTIVE_MEMBERS]);
  if (Object.keys(given).some((name) => !known.has(name))) throw new DeviceKeyRefused('member');
}

function refuseContradictions(given: Record<string, unknown>, use: DeviceKeyUse, kty: DeviceJwk['kty']): void {
  const { kid, use: jwkUse, alg, key_ops: keyOps, ext } = given;
  const fits =
    (kid === undefined || typeof kid === 'string') &&
    (ext === undefined || typeof ext === 'boolean') &&
    (jwkUse === undefined || jwkUse === (use === 'signature' ? 'sig' : 'enc')) &&
    (alg === undefined || algFits(alg, use, kty)) &&
    (keyOps === undefined || keyOpsFit(keyOps, use));
  if (!fits) throw new DeviceKeyRefused('contradiction');
}

function algFits(alg: unknown, use: DeviceKeyUse, kty: DeviceJwk['kty']): boolean {
  if (use === 'encryption') return KEY_AGREEMENTS.includes(alg);
  // `Ed25519` is the name that RFC 9864 gives to what RFC 8037 calls EdDSA on this curve; Web Crypto exports it.
  return kty === 'EC' ? alg === 'ES256' : alg === 'EdDSA' || alg === 'Ed25519';
}

function keyOpsFit(keyOps: unknown, use: DeviceKeyUse): boolean {
  if (!Array.isArray(keyOps)) return false;
  // Web Crypto exports a public ECDH key with no operations at all.
  if (use === 'encryption') return keyOps.every((op) => op === 'deriveKey' || op === 'deriveBits');
  return keyOps.length > 0 && keyOps.every((op) => op === 'verify');
}

function refuseOffCurve(key: DeviceJwk): void {
  try {
    createPublicKey({ key, format: 'jwk' });
  } catch {
    throw new DeviceKeyRefused('point');
  }
}
