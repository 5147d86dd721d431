import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateSigningKeyPem, parseSigningKey, publicJwkOf, SigningKeyRefused } from './signing-key.js';
import { commit, commitmentSalt } from './commitment.js';

describe('a signing key', () => {
  // RFC 8037 appendix A.
  const RFC_JWK = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };

  it('is read from a JWK, and named by its thumbprint (RFC 8037 A.1 and A.3)', () => {
    expect(publicJwkOf(parseSigningKey(JSON.stringify(RFC_JWK)))).toEqual({
      jwk: { kty: 'OKP', crv: 'Ed25519', x: RFC_JWK.x },
      keyId: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    });
  });

  it('is read from PEM as openssl writes it, also on one line', async () => {
    const pem = generateSigningKeyPem();
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const { jwk, keyId } = publicJwkOf(parseSigningKey(pem));
    expect(keyId).toBe(await calculateJwkThumbprint(jwk));
    expect(publicJwkOf(parseSigningKey(pem.replaceAll('\n', '\\n')))).toEqual({ jwk, keyId });
    expect(publicJwkOf(parseSigningKey(`\n${pem}\n`)).keyId).toBe(keyId);
  });

  it.each([
    ['nothing', ''],
    ['no key', 'hunter2'],
    [
      'another curve',
      generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
    ],
    [
      'Ed448',
      generateKeyPairSync('ed448', {
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
    ],
    ['a public JWK', JSON.stringify({ ...RFC_JWK, d: undefined })],
    ['broken JSON', '{"kty":'],
  ])('is not %s', (_what, text) => {
    expect(() => parseSigningKey(text)).toThrow(SigningKeyRefused);
    expect(createPrivateKey(generateSigningKeyPem()).asymmetricKeyType).toBe('ed25519');
  });
});

describe('a commitment', () => {
  const key = Buffer.alloc(32, 1);

  it('fits one text under one salt', () => {
    const salt = commitmentSalt(key, 'verifications.display', 'a');
    expect(commit(salt, 'x')).toMatch(/^[0-9a-f]{64}$/);
    expect(commit(salt, 'x')).toBe(commit(commitmentSalt(key, 'verifications.display', 'a'), 'x'));
    const others = [
      commit(salt, 'y'),
      ...[
        commitmentSalt(key, 'verifications.answer', 'a'),
        commitmentSalt(key, 'verifications.display', 'b'),
        commitmentSalt(Buffer.alloc(32, 2), 'verifications.display', 'a'),
      ].map((other) => commit(other, 'x')),
    ];
    expect(new Set([commit(salt, 'x'), ...others]).size).toBe(5);
    expect(() => commit(Buffer.alloc(16), 'x')).toThrow(RangeError);
  });
});
