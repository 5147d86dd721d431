import { hash, X509Certificate } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkProof, nonceOf, type ProofRefused } from './dpop-proof.js';

const KEY = Buffer.alloc(32, 1);
const NOW = Date.UTC(2026, 10, 26, 12);
const REQUEST = { method: 'GET', url: 'https://countersign.bank.example/v1/lines', token: 'abc', now: NOW };
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let jwk: object;
beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
  jwk = await exportJWK(pair.publicKey);
});

const prove = (claims: object = {}, header: object = {}): Promise<string> =>
  new SignJWT({
    htm: 'GET',
    htu: REQUEST.url,
    jti: 'j',
    iat: NOW / 1000,
    ath: hash('sha256', REQUEST.token, 'base64url'),
    nonce: nonceOf(KEY, NOW),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header } as never)
    .sign(pair.privateKey);
const refusal = async (proof: string, request: object = {}): Promise<string> =>
  checkProof(proof, { ...REQUEST, ...request }, [KEY]).then(
    () => 'taken',
    (error: unknown) => (error as ProofRefused).why,
  );

describe('the examples of the standards', () => {
  // RFC 9449 §7.1, figure 12, and §6.1.
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
  const proof = [
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
    'eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  ].join('.');
  const request = { method: 'GET', url: 'https://resource.example.org/protectedresource', token };

  it('are a proof in order, but for the nonce that this service wants', async () => {
    expect(await refusal(proof, request)).toBe('has no nonce');
    expect(await refusal(proof, { ...request, token: `${token}x` })).toBe('is for another access token');
    expect(await refusal(proof, { ...request, method: 'POST' })).toBe('is for another method');
    expect(await refusal(proof.replace('.2oW9', '.2oW8'), request)).toContain('is no JWT of type dpop+jwt');
  });

  it('have the hash of the token, and the thumbprint of the key', async () => {
    expect(hash('sha256', token, 'base64url')).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
    const { calculateJwkThumbprint } = await import('jose');
    const example = {
      kty: 'EC',
      crv: 'P-256',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    };
    expect(await calculateJwkThumbprint(example)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });

  it('and the thumbprint of a certificate (RFC 8705, appendix A)', () => {
    const pem = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`;
    expect(hash('sha256', new X509Certificate(pem).raw, 'base64url')).toBe(
      'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0',
    );
  });
});

describe('a proof', () => {
  it('is taken where all of it is in order, whatever the clock of its device says', async () => {
    expect(await refusal(await prove())).toBe('taken');
    expect(await refusal(await prove({ iat: 0 }))).toBe('taken');
    expect(await refusal(await prove({ iat: NOW / 1000 + 600 }))).toBe('taken');
  });

  it.each([
    `${REQUEST.url}?a=b#c`,
    'HTTPS://Countersign.bank.example:443/v1/lines',
    'https://countersign.bank.example/v1/%6cines',
    'https://countersign.bank.example/v1/./lines',
  ])('for %s is for this address', async (htu) => {
    expect(await refusal(await prove({ htu }))).toBe('taken');
  });

  it.each<[unknown]>([
    ['https://countersign.bank.example/v1/lines/'],
    ['https://countersign.bank.example/v1/Lines'],
    ['https://countersign.bank.example/v1%2Flines'],
    ['http://countersign.bank.example/v1/lines'],
    ['https://countersign.bank.example:8443/v1/lines'],
    ['https://user@countersign.bank.example/v1/lines'],
    ['https://other.example/v1/lines'],
    ['/v1/lines'],
    [''],
    [7],
    [undefined],
    [['https://countersign.bank.example/v1/lines']],
  ])('for %j is for another', async (htu) => {
    expect(await refusal(await prove({ htu }))).toBe('is for another address');
  });

  it.each<[string, object, object, string]>([
    ['of another type', {}, { typ: 'JWT' }, 'is no JWT'],
    ['without a key', {}, { jwk: undefined }, 'is no JWT'],
    ['with a symmetric key', {}, { jwk: { kty: 'oct', k: 'AAAA' } }, 'is no JWT'],
    ['for another method', { htm: 'get' }, {}, 'is for another method'],
    ['without an id', { jti: undefined }, {}, 'has no jti'],
    ['with a long id', { jti: 'x'.repeat(256) }, {}, 'has no jti'],
    ['without a time', { iat: undefined }, {}, 'has no iat'],
    ['for another token', { ath: hash('sha256', 'abd', 'base64url') }, {}, 'is for another access token'],
    ['for no token', { ath: undefined }, {}, 'is for another access token'],
    ['without a nonce', { nonce: undefined }, {}, 'has no nonce'],
    ['with a nonce of its own', { nonce: 'AAAA' }, {}, 'has a nonce that is none, or old'],
    ['with a nonce that is no text', { nonce: 7 }, {}, 'has a nonce that is none, or old'],
    [
      'with a nonce by another key',
      { nonce: nonceOf(Buffer.alloc(32, 2), NOW) },
      {},
      'has a nonce that is none, or old',
    ],
    ['with an old nonce', { nonce: nonceOf(KEY, NOW - 240_000) }, {}, 'has a nonce that is none, or old'],
    ['with a nonce to come', { nonce: nonceOf(KEY, NOW + 120_000) }, {}, 'has a nonce that is none, or old'],
    ['that is long', { x: 'x'.repeat(5_000) }, {}, 'is longer than 4096 bytes'],
  ])('%s is refused', async (_what, claims, header, why) => {
    expect(await refusal(await prove(claims, header))).toContain(why);
  });

  it('with a private key in its header, or signed by another, is refused', async () => {
    expect(await refusal(await prove({}, { jwk: await exportJWK(pair.privateKey) }))).toContain('is no JWT');
    const other = await generateKeyPair('ES256');
    expect(await refusal(await prove({}, { jwk: await exportJWK(other.publicKey) }))).toContain('is no JWT');
  });

  it('lives as long as its nonce: two minutes at least, four at most', async () => {
    const proof = await prove();
    expect(await refusal(proof, { now: NOW + 120_000 })).toBe('taken');
    expect(await refusal(proof, { now: NOW + 240_000 })).toBe('has a nonce that is none, or old');
  });
});
