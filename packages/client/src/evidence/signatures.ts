import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { concat, decodeBase64url } from './bytes.js';
import { Wrong } from './statement.js';

/** A public key of a device as evidence holds it. */
export type DeviceKey =
  | { readonly kty: 'EC'; readonly point: Uint8Array; readonly required: Readonly<Record<string, string>> }
  | { readonly kty: 'OKP'; readonly point: Uint8Array; readonly required: Readonly<Record<string, string>> };

/** Whether an Ed25519 signature fits (RFC 8032); keys and signatures of small order fit nothing. */
export function ed25519Fits(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(publicKey);
    return !point.isSmallOrder() && ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Whether a device's signature fits: ES256 or EdDSA; of ECDSA as R‖S (JWS) or in DER (WebAuthn). */
export function deviceSignatureFits(
  key: DeviceKey,
  message: Uint8Array,
  signature: Uint8Array,
  format: 'compact' | 'der',
): boolean {
  if (key.kty === 'OKP') return ed25519Fits(signature, message, key.point);
  try {
    return p256.verify(signature, message, key.point, { prehash: true, lowS: false, format });
  } catch {
    return false;
  }
}

/** The key of a JWK: EC P-256 or OKP Ed25519. @throws Wrong for every other, and for what is no point. */
export function readDeviceKey(jwk: unknown): DeviceKey {
  const { kty, crv, x, y, d } = Object(jwk) as Record<string, unknown>;
  const [xBytes, yBytes] = [decodeBase64url(x), decodeBase64url(y ?? '')];
  if (d !== undefined || xBytes?.length !== 32) throw new Wrong('its key is none');
  if (kty === 'OKP' && crv === 'Ed25519') {
    if (isNoPoint(() => ed25519.Point.fromBytes(xBytes))) throw new Wrong('its key is no point');
    return { kty, point: xBytes, required: { crv, kty, x: x as string } };
  }
  if (kty !== 'EC' || crv !== 'P-256' || yBytes?.length !== 32) throw new Wrong('its key is of another kind');
  const point = concat(Uint8Array.of(4), xBytes, yBytes);
  if (isNoPoint(() => p256.Point.fromBytes(point))) throw new Wrong('its key is no point');
  return { kty, point, required: { crv, kty, x: x as string, y: y as string } };
}

function isNoPoint(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch {
    return true;
  }
}
