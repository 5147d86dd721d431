import { hash, randomUUID, X509Certificate } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSOLE_CLIENT_ID, developmentIssuerUrl } from '../../src/http/access/issuer/addresses.js';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';
import { SignInBrowser } from '../support/sign-in.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';

// RFC 8705, appendix A.
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`;
const X5T = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
const PATH = '/v1/customers/c1/signals';

let issuer: TokenIssuer;
let key: SigningKey;
let service: TestService;
let device: { pair: Awaited<ReturnType<typeof generateKeyPair>>; jwk: JWK; jkt: string };

beforeAll(async () => {
  [issuer, key] = [await new TokenIssuer().start(), await newSigningKey('k1')];
  issuer.keys = [key.jwk];
  device = await newDevice();
  service = await startTestService({
    TENANTS: JSON.stringify([{ id: 'ownbank', issuer: issuer.url }]),
    CLIENT_CERT_PROXIES: '127.0.0.0/8',
  });
});
afterAll(async () => {
  await service.stop();
  issuer.stop();
});

async function newDevice(): Promise<typeof device> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  return { pair, jwk, jkt: await calculateJwkThumbprint(jwk) };
}

const bound = (cnf: object): Promise<string> => signAccessToken(key, issuer.claims({ cnf } as never));
const ask = (
  authorization: string,
  headers: Record<string, string | string[]> = {},
  url = service.url,
  path = PATH,
): Promise<RawReply> => send(url, { path, headers: { authorization, ...headers } });
const prove = (token: string, claims: object = {}, by = device): Promise<string> =>
  new SignJWT({
    htm: 'GET',
    htu: service.url + PATH,
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    ath: hash('sha256', token, 'base64url'),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: by.jwk })
    .sign(by.pair.privateKey);
async function nonce(token: string): Promise<string> {
  const reply = await ask(`DPoP ${token}`, { dpop: await prove(token) });
  expectProblem(reply, 401, 'unauthorized');
  expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="use_dpop_nonce", algs="ES256 /);
  return reply.headers['dpop-nonce'] as string;
}

describe('a token bound to a key', () => {
  it('is taken with a proof by that key, with the nonce that was asked for; and the answer has the next', async () => {
    const token = await bound({ jkt: device.jkt });
    const reply = await ask(`DPoP ${token}`, { dpop: await prove(token, { nonce: await nonce(token) }) });
    expect(reply.status).toBe(200);
    expect(reply.headers['dpop-nonce']).toMatch(/^[\w-]{27}$/);
  });

  it('is no bearer token, also with a proof', async () => {
    const token = await bound({ jkt: device.jkt });
    const dpop = await prove(token, { nonce: await nonce(token) });
    for (const headers of [{} as Record<string, string>, { dpop }]) {
      const reply = await ask(`Bearer ${token}`, headers);
      expectProblem(reply, 401, 'unauthorized');
      expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/);
    }
  });

  it('counts with a proof once, in whichever process', async () => {
    const token = await bound({ jkt: device.jkt });
    const dpop = await prove(token, { nonce: await nonce(token) });
    const other = await service.startAnother();
    const urls = [service.url, other.url, service.url, other.url, service.url, other.url];
    const statuses = await Promise.all(urls.map(async (url) => (await ask(`DPoP ${token}`, { dpop }, url)).status));
    expect(statuses.sort()).toEqual([200, 401, 401, 401, 401, 401]);
    const reply = await ask(`DPoP ${token}`, { dpop });
    expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_dpop_proof"/);
    // What is kept of it is forgotten by the time at which its nonce is none any more.
    expect(await service.sql('SELECT FROM dpop_proofs')).not.toEqual([]);
  });

  it('is refused with a proof by another key, for another address, method or token, or with two', async () => {
    const token = await bound({ jkt: device.jkt });
    const given = { nonce: await nonce(token) };
    const proofs: (string | string[])[] = [
      await prove(token, given, await newDevice()),
      await prove(token, { ...given, htu: `${service.url}/v1/calls` }),
      await prove(token, { ...given, htu: `http://localhost${PATH}` }),
      await prove(token, { ...given, htm: 'POST' }),
      await prove(`${token}x`, given),
      [await prove(token, given), await prove(token, given)],
      'x',
      '',
      'x'.repeat(9_000),
    ];
    for (const dpop of proofs) {
      const reply = await ask(`DPoP ${token}`, { dpop });
      expectProblem(reply, 401, 'unauthorized');
      expect(reply.headers['www-authenticate']).toMatch(/^DPoP error="invalid_dpop_proof"/);
    }
    expect((await ask(`DPoP ${token}`)).status).toBe(401);
  });

  it('is refused where its binding cannot be proved, or is none', async () => {
    for (const cnf of [{ kid: 'x' }, { jkt: 'short' }, { jkt: device.jkt, kid: 'x' }, {}, 'x', [device.jkt], null]) {
      const token = await bound(cnf as object);
      for (const scheme of ['Bearer', 'DPoP'])
        expectProblem(await ask(`${scheme} ${token}`, { dpop: await prove(token) }), 401, 'unauthorized');
    }
  });

  it('and one that is not bound is none of scheme DPoP', async () => {
    const token = await signAccessToken(key, issuer.claims());
    expectProblem(await ask(`DPoP ${token}`, { dpop: await prove(token) }), 401, 'unauthorized');
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
  });
});

describe('a token bound to a certificate', () => {
  const der = new X509Certificate(CERTIFICATE).raw.toString('base64');

  it('is taken from a proxy that is trusted, with the certificate as RFC 9440 or nginx hand it on', async () => {
    const token = await bound({ 'x5t#S256': X5T });
    for (const header of [`:${der}:`, encodeURIComponent(CERTIFICATE)])
      expect((await ask(`Bearer ${token}`, { 'client-cert': header })).status).toBe(200);
  });

  it('is refused without, with another, with two, and with what is none', async () => {
    const token = await bound({ 'x5t#S256': X5T });
    const other = await bound({ 'x5t#S256': X5T.replace('A4', 'B4') });
    expectProblem(await ask(`Bearer ${other}`, { 'client-cert': `:${der}:` }), 401, 'unauthorized');
    for (const header of [[], [`:${der}:`, `:${der}:`], 'x', `:${der.slice(8)}:`, '::', '%', 'a'.repeat(15_000)])
      expectProblem(await ask(`Bearer ${token}`, { 'client-cert': header }), 401, 'unauthorized');
  });

  it('and to a key needs both', async () => {
    const token = await bound({ 'x5t#S256': X5T, jkt: device.jkt });
    const withCertificate = { 'client-cert': `:${der}:` };
    expect((await ask(`Bearer ${token}`, withCertificate)).status).toBe(401);
    const { headers } = await ask(`DPoP ${token}`, { ...withCertificate, dpop: await prove(token) });
    const proof = (): Promise<string> => prove(token, { nonce: headers['dpop-nonce'] });
    expect((await ask(`DPoP ${token}`, { dpop: await proof() })).status).toBe(401);
    expect((await ask(`DPoP ${token}`, { ...withCertificate, dpop: await proof() })).status).toBe(200);
  });

  it('is refused where no proxy is trusted: anybody could send the header', async () => {
    const trusting = await service.startAnother({ CLIENT_CERT_PROXIES: '10.0.0.0/8' });
    const reply = await ask(`Bearer ${await bound({ 'x5t#S256': X5T })}`, { 'client-cert': `:${der}:` }, trusting.url);
    expectProblem(reply, 401, 'unauthorized');
  });
});

describe('a tenant that requires bound tokens', () => {
  it.each([
    ['dpop', { jkt: true }],
    ['mtls', { x5t: true }],
    ['dpop-or-mtls', { jkt: true, x5t: true }],
  ])('by %s takes no others', async (proof, takes: { jkt?: boolean; x5t?: boolean }) => {
    const strict = await service.startAnother({
      TENANTS: JSON.stringify([{ id: 'ownbank', issuer: issuer.url, proof }]),
    });
    const der = new X509Certificate(CERTIFICATE).raw.toString('base64');
    expect((await ask(`Bearer ${await signAccessToken(key, issuer.claims())}`, {}, strict.url)).status).toBe(401);
    const byCertificate = await bound({ 'x5t#S256': X5T });
    const certified = await ask(`Bearer ${byCertificate}`, { 'client-cert': `:${der}:` }, strict.url);
    expect(certified.status).toBe(takes.x5t ? 200 : 401);
    const byKey = await bound({ jkt: device.jkt });
    const dpop = await prove(byKey, { nonce: await nonce(byKey) });
    expect((await ask(`DPoP ${byKey}`, { dpop }, strict.url)).status).toBe(takes.jkt ? 200 : 401);
  });
});

describe('an ordinary client of OAuth 2.0', () => {
  it('signs in with DPoP at the development issuer and calls the service, nonces and all', async () => {
    const bank = await startTestService();
    const http = { [oauth.allowInsecureRequests]: true } as const;
    const address = new URL(developmentIssuerUrl(bank.url, 'northbank'));
    const server = await oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address, http));
    const client: oauth.Client = { client_id: CONSOLE_CLIENT_ID };
    const redirectUri = 'http://localhost:5173/callback';
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const url = new URL(server.authorization_endpoint!);
    url.search = new URLSearchParams({
      client_id: CONSOLE_CLIENT_ID,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid agent',
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    }).toString();
    const called = await new SignInBrowser(bank.url).signIn(url, 'amara');
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const params = oauth.validateAuthResponse(server, client, called);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      params,
      redirectUri,
      codeVerifier,
      { ...http, DPoP },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
    expect(tokens.token_type).toBe('dpop');
    const call = async (): Promise<number> => {
      const { status } = await oauth.protectedResourceRequest(
        tokens.access_token,
        'GET',
        new URL(`${bank.url}/v1/calls`),
        undefined,
        null,
        { ...http, DPoP },
      );
      return status;
    };
    // The first request asks for the nonce, as RFC 9449 §9 has it; those after it know one.
    await expect(call()).rejects.toSatisfy((error: unknown) => oauth.isDPoPNonceError(error));
    // A list may be refused for load, as the first that is.
    for (let time = 0; time < 2; time += 1) await expect.poll(call).toBe(200);
    const stolen = await send(bank.url, {
      path: '/v1/calls',
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expectProblem(stolen, 401, 'unauthorized');
    await bank.stop();
  });
});
