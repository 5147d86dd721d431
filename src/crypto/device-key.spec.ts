import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  DeviceKeyRefused,
  jwkThumbprint,
  parseDevicePublicKey,
  type DeviceKeyFault,
  type DeviceKeyUse,
} from './device-key.js';

/** RFC 7515 appendix A.3.1, without its private member. */
const P256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

/** RFC 8037 appendix A.2. */
const ED25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

function faultOf(jwk: unknown, use: DeviceKeyUse = 'signature'): DeviceKeyFault | null {
  try {
    parseDevicePublicKey(jwk, use);
    return null;
  } catch (error) {
    if (error instanceof DeviceKeyRefused) return error.fault;
    throw error;
  }
}

const bytes = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

describe('jwkThumbprint', () => {
  it('gives the example of RFC 7638 section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3o' +
      'knjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHz' +
      'u6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8' +
      'awapJzKnqDKgw';
    expect(jwkThumbprint({ n, kty: 'RSA', e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});

describe('parseDevicePublicKey', () => {
  it('takes an Ed25519 key, with the thumbprint of RFC 8037 appendix A.3', () => {
    expect(parseDevicePublicKey(ED25519, 'signature')).toEqual({
      jwk: ED25519,
      thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    });
  });

  it.each(['ES256', 'EdDSA'])('agrees with jose on the thumbprint of new %s keys', async (alg) => {
    const { publicKey } = await generateKeyPair(alg, { extractable: true });
    const exported = await exportJWK(publicKey);
    const { jwk, thumbprint } = parseDevicePublicKey(exported, 'signature');
    expect(thumbprint).toBe(await calculateJwkThumbprint(exported));
    expect(jwk).toEqual(exported);
  });

  it('drops what only describes the key', () => {
    const described = { ext: true, ...P256, kid: 'phone', use: 'sig', alg: 'ES256', key_ops: ['verify'] };
    expect(parseDevicePublicKey(described, 'signature').jwk).toEqual(P256);
    expect(faultOf({ ...ED25519, alg: 'EdDSA' })).toBeNull();
    expect(faultOf({ ...ED25519, alg: 'Ed25519' })).toBeNull();
    expect(parseDevicePublicKey({ ...P256, use: 'enc', key_ops: [] }, 'encryption').jwk).toEqual(P256);
  });

  it('keeps the key agreement that an encryption key names', () => {
    const named = { ...P256, alg: 'ECDH-ES+A256KW' };
    const parsed = parseDevicePublicKey(named, 'encryption');
    expect(parsed.jwk).toEqual(named);
    expect(parsed.thumbprint).toBe(parseDevicePublicKey(P256, 'signature').thumbprint);
  });

  it.each<[string, unknown, DeviceKeyFault]>([
    ['null', null, 'not_a_key'],
    ['a string', 'key', 'not_a_key'],
    ['an array', [P256], 'not_a_key'],
    ['nothing', {}, 'type'],
    ['a private EC key', { ...P256, d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' }, 'private'],
    ['a private Ed25519 key', { ...ED25519, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }, 'private'],
    ['a private member that is undefined', { ...P256, d: undefined }, 'private'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'private'],
    ['an RSA key', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, 'type'],
    ['P-384', { ...P256, crv: 'P-384' }, 'type'],
    ['secp256k1', { ...P256, crv: 'secp256k1' }, 'type'],
    ['X25519', { ...ED25519, crv: 'X25519' }, 'type'],
    ['a kty in lower case', { ...P256, kty: 'ec' }, 'type'],
    ['an Ed25519 key with a y', { ...ED25519, y: P256.y }, 'member'],
    ['a certificate', { ...P256, x5c: ['MIIB'] }, 'member'],
    ['no y', { kty: 'EC', crv: 'P-256', x: P256.x }, 'coordinates'],
    ['a number for x', { ...P256, x: 1 }, 'coordinates'],
    ['a short coordinate', { ...P256, x: P256.x.slice(0, 42) }, 'coordinates'],
    ['a coordinate with a leading zero byte', { ...P256, x: bytes(`00${'11'.repeat(32)}`) }, 'coordinates'],
    ['padding', { ...P256, x: `${P256.x}=` }, 'coordinates'],
    ['trailing bits', { ...P256, x: `${P256.x.slice(0, -1)}V` }, 'coordinates'],
    ['base64 in place of base64url', { ...P256, y: P256.y.replace('_', '/') }, 'coordinates'],
    ['white space', { ...P256, y: `${P256.y.slice(0, 42)}\n` }, 'coordinates'],
    ['a point off the curve', { ...P256, y: P256.x }, 'point'],
    ['the origin', { ...P256, x: bytes('00'.repeat(32)), y: bytes('00'.repeat(32)) }, 'point'],
    ['x above the field', { ...P256, x: bytes('ff'.repeat(32)) }, 'point'],
    ['the Ed25519 neutral point', { ...ED25519, x: bytes(`01${'00'.repeat(31)}`) }, 'point'],
    ['the same, sign bit set', { ...ED25519, x: bytes(`01${'00'.repeat(30)}80`) }, 'point'],
    ['use enc', { ...P256, use: 'enc' }, 'contradiction'],
    ['alg EdDSA on P-256', { ...P256, alg: 'EdDSA' }, 'contradiction'],
    ['alg ES256 on Ed25519', { ...ED25519, alg: 'ES256' }, 'contradiction'],
    ['alg none', { ...P256, alg: 'none' }, 'contradiction'],
    ['key_ops sign', { ...P256, key_ops: ['sign'] }, 'contradiction'],
    ['no key_ops', { ...P256, key_ops: [] }, 'contradiction'],
    ['a kid that is no text', { ...P256, kid: {} }, 'contradiction'],
  ])('refuses %s', (_, jwk, fault) => {
    expect(faultOf(jwk)).toBe(fault);
  });

  it.each<[string, unknown, DeviceKeyFault]>([
    ['an Ed25519 key', ED25519, 'type'],
    ['use sig', { ...P256, use: 'sig' }, 'contradiction'],
    ['alg ES256', { ...P256, alg: 'ES256' }, 'contradiction'],
    ['key_ops verify', { ...P256, key_ops: ['verify'] }, 'contradiction'],
  ])('refuses for encryption %s', (_, jwk, fault) => {
    expect(faultOf(jwk, 'encryption')).toBe(fault);
  });
});
