import { decodeBase64url } from './base64url.js';
import { type DeviceJwk, DeviceKeyRefused, parseDevicePublicKey } from './device-key.js';

/** The labels and values of COSE keys (RFC 9053, sections 2 and 7) that a passkey here may have. */
const [KTY, ALG, CRV, X, Y] = [1, 3, -1, -2, -3];
export const COSE_ES256 = -7;
export const COSE_EDDSA = -8;
const [OKP, EC2] = [1, 2];
const [P256, ED25519] = [1, 6];

/** The beginnings of the two forms in canonical CBOR (RFC 8949, section 4.2), up to the bytes of x. */
const ES256_HEAD = Buffer.from('a5010203262001215820', 'hex');
const ES256_BETWEEN = Buffer.from('225820', 'hex');
const EDDSA_HEAD = Buffer.from('a4010103272006215820', 'hex');

/** A device's key as a COSE key. */
export function toCoseKey(jwk: DeviceJwk): Buffer {
  const x = decodeBase64url(jwk.x)!;
  return jwk.kty === 'EC'
    ? Buffer.concat([ES256_HEAD, x, ES256_BETWEEN, decodeBase64url(jwk.y)!])
    : Buffer.concat([EDDSA_HEAD, x]);
}

/**
 * The key that the members of a COSE key make: ES256 on P-256, or EdDSA on Ed25519.
 * @throws DeviceKeyRefused for every other, as {@link parseDevicePublicKey} does.
 */
export function fromCoseKey(members: ReadonlyMap<number, unknown>): { jwk: DeviceJwk; thumbprint: string } {
  const [kty, alg, crv] = [KTY, ALG, CRV].map((label) => members.get(label));
  if (kty === EC2 && alg === COSE_ES256 && crv === P256)
    return parseDevicePublicKey(
      { kty: 'EC', crv: 'P-256', x: coordinate(members.get(X)), y: coordinate(members.get(Y)) },
      'signature',
    );
  if (kty === OKP && alg === COSE_EDDSA && crv === ED25519)
    return parseDevicePublicKey({ kty: 'OKP', crv: 'Ed25519', x: coordinate(members.get(X)) }, 'signature');
  throw new DeviceKeyRefused('type');
}

function coordinate(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) throw new DeviceKeyRefused('coordinates');
  return Buffer.from(bytes).toString('base64url');
}
