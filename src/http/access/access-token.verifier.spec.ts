import { base64url, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newSigningKey, seconds, signAccessToken, TokenIssuer } from '../../../test/support/token-issuer.js';
import type { SigningKey } from '../../../test/support/token-issuer.js';
import { AccessTokenVerifier } from './access-token.verifier.js';

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
let issuer: TokenIssuer;
let key: SigningKey;

beforeEach(async () => {
  // The clock alone is a test's own; sockets and time limits run as they do.
  vi.useFakeTimers({ toFake: ['Date'] });
  key = await newSigningKey('k1');
  issuer = await new TokenIssuer().start();
  issuer.keys = [key.jwk];
});

afterEach(() => {
  issuer.stop();
  vi.useRealTimers();
});

const verifier = () => new AccessTokenVerifier([{ id: 'northbank', issuer: issuer.url }]);
const claims = (change: JWTPayload = {}) => issuer.claims(change);
const sign = (payload: JWTPayload = claims(), header: Record<string, unknown> = {}, by = key) =>
  signAccessToken(by, payload, header);
const refused = (token: string, by = verifier()) =>
  expect(by.verify(token)).rejects.toMatchObject({
    reason: 'unauthorized',
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });

describe('accepts', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('a token signed with %s', async (alg) => {
    const other = await newSigningKey('k2', alg);
    issuer.keys = [other.jwk];
    const principal = await verifier().verify(await sign(claims(), {}, other));
    expect(principal).toEqual({
      tenantId: 'northbank',
      subject: 'backend',
      name: null,
      department: null,
      locale: null,
      clientId: 'app',
      scopes: new Set(['app']),
      expiresAt: expect.any(Date),
    });
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt'])('typ %s', async (typ) => {
    await expect(verifier().verify(await sign(claims(), { typ }))).resolves.toMatchObject({ subject: 'backend' });
  });

  it('one of several audiences, a clock that is 3 s off, and keys at a configured address', async () => {
    const token = await sign(claims({ aud: ['urn:other', 'urn:countersign'], nbf: seconds() + 3, iat: seconds() + 3 }));
    const configured = new AccessTokenVerifier([
      { id: 'northbank', issuer: issuer.url, jwksUri: `${issuer.url}/elsewhere` },
    ]);
    await expect(configured.verify(token)).resolves.toMatchObject({ subject: 'backend' });
    await expect(verifier().verify(await sign(claims({ exp: seconds() - 3 })))).resolves.toMatchObject({
      subject: 'backend',
    });
  });

  it('decides the tenant by the issuer', async () => {
    const south = await new TokenIssuer().start();
    const southKey = await newSigningKey('k1');
    south.keys = [southKey.jwk];
    const both = new AccessTokenVerifier([
      { id: 'northbank', issuer: issuer.url },
      { id: 'southbank', issuer: south.url },
    ]);
    expect(
      (await both.verify(await sign(claims({ iss: south.url, tenant: 'northbank' }), {}, southKey))).tenantId,
    ).toBe('southbank');
    await refused(await sign(claims({ iss: issuer.url }), {}, southKey), both);
    south.stop();
  });
});

describe('refuses', () => {
  it.each<[string, (now: number) => JWTPayload]>([
    ['an expired token', (now) => ({ exp: now - 6 })],
    ['a token that is not valid yet', (now) => ({ nbf: now + 30 })],
    ['a token issued in the future', (now) => ({ iat: now + 30 })],
    ['another audience', () => ({ aud: 'urn:other' })],
    ['an unknown issuer', () => ({ iss: 'https://evil.example' })],
    ['a number as issuer', () => ({ iss: 5 as unknown as string })],
    ['an empty subject', () => ({ sub: ' ' })],
    ['a subject with a NUL', () => ({ sub: 'a\u0000b' })],
    ['a subject with a lone surrogate', () => ({ sub: 'a\ud800' })],
    ['an over-long subject', () => ({ sub: 'x'.repeat(256) })],
    ['an expiry beyond all dates', () => ({ exp: 1e300 })],
    ['scopes as a list', () => ({ scope: ['app'] })],
    ['a token bound to a key', () => ({ cnf: { jkt: 'x' } })],
  ])('%s', async (_case, change) => {
    await refused(await sign(claims(change(seconds()))));
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('a token without %s', async (name) => {
    await refused(await sign(claims({ [name]: undefined })));
  });

  it('an agent without a name, and an agent that is a client', async () => {
    const agent = { scope: 'agent', sub: 'amara', client_id: 'desktop' };
    await refused(await sign(claims(agent)));
    await refused(await sign(claims({ ...agent, name: '' })));
    await refused(await sign(claims({ ...agent, name: 'Amara', client_id: 'amara' })));
    await expect(verifier().verify(await sign(claims({ ...agent, name: 'Amara' })))).resolves.toMatchObject({
      name: 'Amara',
    });
  });

  it.each(['JWT', 'id+jwt', 'logout+jwt', undefined])('typ %s', async (typ) => {
    await refused(await sign(claims(), { typ }));
  });

  it('alg none, in every spelling', async () => {
    await refused(new UnsecuredJWT(claims()).encode());
    for (const alg of ['none', 'None', 'NONE']) {
      const head = base64url.encode(JSON.stringify({ alg, typ: 'at+jwt', kid: 'k1' }));
      await refused(`${head}.${base64url.encode(JSON.stringify(claims()))}.`);
    }
  });

  it('HS256 with the public key as its secret', async () => {
    const rsa = await newSigningKey('rsa', 'RS256');
    issuer.keys = [rsa.jwk];
    for (const secret of [await exportSPKI(rsa.publicKey), JSON.stringify(rsa.jwk)]) {
      await refused(
        await new SignJWT(claims())
          .setProtectedHeader({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' })
          .sign(Buffer.from(secret)),
      );
    }
  });

  it('an algorithm that is not on the list, though its key is published', async () => {
    const es384 = await newSigningKey('k384', 'ES384');
    issuer.keys = [es384.jwk];
    await refused(await sign(claims(), {}, es384));
  });

  it('a changed payload, a foreign key under a known kid, a key in the header, an unknown critical header', async () => {
    const [head, , signature] = (await sign()).split('.');
    await refused(`${head}.${base64url.encode(JSON.stringify(claims({ scope: 'admin' })))}.${signature}`);
    const foreign = await newSigningKey('k1');
    await refused(await sign(claims(), {}, foreign));
    await refused(await sign(claims(), { jwk: foreign.jwk, jku: 'https://evil.example/jwks' }, foreign));
    const critical = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', crit: ['x'], x: 1 }));
    await refused(`${critical}.${base64url.encode(JSON.stringify(claims()))}.${signature}`);
  });

  it('what is no JWT at all, and a token that is too long', async () => {
    for (const token of ['', 'x', 'a.b.c', '..', 'a.b.c.d.e', '\u0000.\u0000.\u0000']) await refused(token);
    await refused(await sign(claims({ filler: 'x'.repeat(8192) })));
    expect(issuer.fetches).toBe(0);
  });

  it('without quoting the token or who it is about', async () => {
    const error = (await verifier()
      .verify(await sign(claims({ aud: 'urn:other', sub: 'secret-subject' })))
      .catch((caught: unknown) => caught)) as { details: object };
    expect(JSON.stringify(error.details)).not.toMatch(/secret-subject|eyJ/);
  });
});

describe('the cache', () => {
  it('does not keep a token beyond its expiry', async () => {
    const one = verifier();
    const token = await sign(claims({ exp: seconds() + 10 }));
    await one.verify(token);
    later(16_000);
    await refused(token, one);
  });

  it('does not take one token for another', async () => {
    const one = verifier();
    const token = await sign();
    await one.verify(token);
    await refused(`${token.slice(0, -4)}AAAA`, one);
  });
});

describe('configuration', () => {
  it('refuses one issuer for two tenants, and keys over plain HTTP from elsewhere', () => {
    expect(
      () =>
        new AccessTokenVerifier([
          { id: 'a', issuer: 'https://i.example' },
          { id: 'b', issuer: 'https://i.example' },
        ]),
    ).toThrow('the issuer decides the tenant');
    expect(() => new AccessTokenVerifier([{ id: 'a', issuer: 'http://i.example' }])).toThrow('not https');
    expect(
      () => new AccessTokenVerifier([{ id: 'a', issuer: 'https://i.example', jwksUri: 'http://i.example/jwks' }]),
    ).toThrow('not https');
    expect(() => new AccessTokenVerifier([{ id: 'a', issuer: 'http://i.example' }], { allowHttp: true })).not.toThrow();
  });
});
