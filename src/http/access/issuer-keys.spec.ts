import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWTPayload } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newSigningKey, seconds, signAccessToken, TokenIssuer } from '../../../test/support/token-issuer.js';
import type { SigningKey } from '../../../test/support/token-issuer.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import type { AccessTokenVerifierOptions } from './access-token.verifier.js';

let elapsed = 0;
const SOON = { timeout: 30_000 };
const later = (ms: number) => {
  elapsed += ms;
  vi.setSystemTime(Date.now() + ms);
};
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

const verifier = (options?: AccessTokenVerifierOptions) =>
  new AccessTokenVerifier([{ id: 'northbank', issuer: issuer.url }], {
    elapsed: () => elapsed + performance.now(),
    ...options,
  });
const claims = (change: JWTPayload = {}) => issuer.claims(change);
const sign = (payload: JWTPayload = claims(), header: Record<string, unknown> = {}, by = key) =>
  signAccessToken(by, payload, header);
const refused = (token: string, by = verifier()) =>
  expect(by.verify(token)).rejects.toMatchObject({ reason: 'unauthorized' });
const unavailable = (token: string, by: AccessTokenVerifier) =>
  expect(by.verify(token)).rejects.toMatchObject({
    reason: 'temporarily-unavailable',
    headers: { 'retry-after': '5' },
  });

describe('keys', () => {
  it('are fetched once for many tokens, and a token is verified once', async () => {
    const one = verifier();
    const tokens = await Promise.all(['a', 'b', 'c'].map((jti) => sign(claims({ jti }))));
    await Promise.all([...tokens, ...tokens].map((token) => one.verify(token)));
    expect(issuer.fetches).toBe(1);
  });

  it('are fetched again for an unknown kid, so that a rotation is picked up; but not for each one', async () => {
    const one = verifier();
    await one.verify(await sign());
    const next = await newSigningKey('k2');
    issuer.keys = [key.jwk, next.jwk];
    later(5_001);
    await expect(one.verify(await sign(claims(), {}, next))).resolves.toMatchObject({ subject: 'backend' });
    const unknown = await newSigningKey('k3');
    for (let i = 0; i < 5; i += 1) await refused(await sign(claims({ jti: `u${i}` }), {}, unknown), one);
    expect(issuer.fetches).toBe(2);
  });

  it('that are withdrawn: another token is refused once they were fetched again behind it, the same token a minute after its check', async () => {
    const one = verifier();
    const token = await sign();
    await one.verify(token);
    issuer.keys = [(await newSigningKey('k2')).jwk];
    later(59_000);
    await expect(one.verify(token)).resolves.toMatchObject({ subject: 'backend' });
    later(2_000);
    await expect(one.verify(await sign(claims({ jti: 'j2' })))).resolves.toMatchObject({ subject: 'backend' });
    await vi.waitFor(() => expect(issuer.fetches).toBe(2), SOON);
    await vi.waitFor(async () => refused(await sign(claims({ jti: `j${Math.random()}` })), one), SOON);
    await refused(token, one);
  });

  it('are fetched again while nobody asks, so that the first after a quiet hour is not let in by one that was withdrawn', async () => {
    const one = verifier({ limits: { refreshAfterMs: 100 } });
    await one.verify(await sign());
    issuer.keys = [(await newSigningKey('k2')).jwk];
    const fetched = issuer.fetches;
    await vi.waitFor(() => expect(issuer.fetches).toBeGreaterThan(fetched + 1), SOON);
    await refused(await sign(claims({ jti: 'j2' })), one);
  });

  it.each<[string, (res: ServerResponse) => void]>([
    ['does not answer', () => undefined],
    ['sends its headers and then nothing', (res) => void res.writeHead(200).write('{"keys":[')],
    [
      'trickles',
      (res) => {
        const drip = setInterval(() => res.write(' '), 20);
        res.on('close', () => clearInterval(drip));
      },
    ],
    ['answers with an error', (res) => void res.writeHead(500).end()],
  ])('are not waited for by whoever has some, where the issuer %s', async (_case, answer) => {
    // Whoever waited for a fetch would wait until this test is taken for hung.
    const one = verifier({ limits: { timeoutMs: 600_000 } });
    const long = { exp: seconds() + 3_600 };
    await one.verify(await sign(claims(long)));
    const begun: ServerResponse[] = [];
    issuer.answer = (_req, res) => {
      begun.push(res);
      answer(res);
    };
    for (let minute = 1; minute < 10; minute += 1) {
      later(minute === 9 ? 50_000 : 61_000);
      await one.verify(await sign(claims({ ...long, jti: `m${minute}` })));
    }
    expect(one.oldestKeysMs()).toBeGreaterThan(500_000);
    issuer.answer = (_req, res) => void res.destroy();
    for (const res of begun) res.destroy();
    later(70_000);
    await unavailable(await sign(claims({ ...long, jti: 'late' })), one);
  });

  it('for an unknown kid: one fetch for all who wait, of an issuer that hangs, and none again for a while', async () => {
    const one = verifier({ limits: { timeoutMs: 2_000 } });
    await one.verify(await sign());
    later(6_000);
    issuer.answer = () => undefined;
    const unknown = await newSigningKey('k9');
    await Promise.all(
      Array.from({ length: 20 }, async (_none, at) =>
        unavailable(await sign(claims({ jti: `u${at}` }), {}, unknown), one),
      ),
    );
    expect(issuer.fetches).toBe(2);
    await expect(one.verify(await sign(claims({ jti: 'known' })))).resolves.toMatchObject({ subject: 'backend' });
    await unavailable(await sign(claims({ jti: 'again' }), {}, unknown), one);
    expect(issuer.fetches).toBe(2);
    later(6_000);
    issuer.answer = undefined;
    issuer.keys = [key.jwk, unknown.jwk];
    await expect(one.verify(await sign(claims({ jti: 'rotated' }), {}, unknown))).resolves.toMatchObject({
      subject: 'backend',
    });
  });

  it('that cannot be fetched are told of, with the tenant and not with the token', async () => {
    const told: string[] = [];
    const one = verifier({
      onKeysMissing: (tenantId, { message, cause }) =>
        void told.push(`${tenantId}: ${message}: ${(cause as Error).message}`),
    });
    issuer.answer = (_req, res) => void res.writeHead(502).end();
    await unavailable(await sign(), one);
    expect(told).toEqual([`northbank: the keys of ${issuer.url} cannot be fetched: status 502`]);
  });

  it('stay in use for ten minutes when the issuer goes down, and not for longer', async () => {
    const one = verifier();
    const long = { exp: seconds() + 3_600 };
    await one.verify(await sign(claims(long)));
    issuer.stop();
    later(590_000);
    await expect(one.verify(await sign(claims({ ...long, jti: 'j2' })))).resolves.toMatchObject({ subject: 'backend' });
    later(11_000);
    await unavailable(await sign(claims({ ...long, jti: 'j3' })), one);
  });

  it('of an issuer that hangs: 503 within the time limit, and at once for the next caller', async () => {
    issuer.answer = () => undefined;
    const one = verifier({ limits: { timeoutMs: 2_000 } });
    await unavailable(await sign(), one);
    await unavailable(await sign(claims({ jti: 'j2' })), one);
    expect(issuer.fetches).toBe(1);
  });

  it('of an issuer that sends its headers and then hangs: 503 within the time limit', async () => {
    issuer.answer = (_req, res) => void res.writeHead(200).write('{"keys":[');
    await unavailable(await sign(), verifier({ limits: { timeoutMs: 2_000 } }));
  });

  it('are not followed to where a redirect leads', async () => {
    const other = await new TokenIssuer().start();
    other.keys = [key.jwk];
    issuer.answer = (_req, res) => void res.writeHead(302, { location: `${other.url}/jwks` }).end();
    await unavailable(await sign(), verifier());
    expect(other.fetches).toBe(0);
    other.stop();
  });

  it.each<[string, (res: ServerResponse) => void]>([
    ['a giant answer', (res) => void res.end(JSON.stringify({ keys: [key.jwk], filler: 'x'.repeat(300_000) }))],
    ['an error', (res) => void res.writeHead(500).end('{"keys":[]}')],
    ['no JSON', (res) => void res.end('<html>')],
    ['JSON null', (res) => void res.end('null')],
    ['no key set', (res) => void res.end('{"keys":[null]}')],
  ])('that come as %s: 503', async (_case, answer) => {
    issuer.answer = (_req, res) => answer(res);
    await unavailable(await sign(), verifier());
  });

  it('from a discovery document that names another issuer: 503', async () => {
    const impostor = createServer(
      (_req, res) => void res.end(JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => impostor.once('listening', resolve));
    const url = `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
    await unavailable(await sign(claims({ iss: url })), new AccessTokenVerifier([{ id: 'northbank', issuer: url }]));
    impostor.close();
    impostor.closeAllConnections();
  });

  it('recover by themselves after a failure', async () => {
    issuer.answer = (_req, res) => void res.writeHead(503).end();
    const one = verifier();
    await unavailable(await sign(), one);
    issuer.answer = undefined;
    later(5_001);
    await expect(one.verify(await sign())).resolves.toMatchObject({ subject: 'backend' });
  });
});
