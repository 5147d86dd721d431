import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOperation, listOperations, type Operation } from '../support/operations.js';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';
import { newSigningKey, seconds, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';

let service: TestService;
let operations: Operation[];
/** Whose token stands for a scope, and what else it has. */
const IDENTITIES: Readonly<Record<string, { readonly identity: string; readonly scopes: readonly string[] }>> = {
  app: { identity: 'app', scopes: ['app'] },
  telephony: { identity: 'telephony', scopes: ['telephony'] },
  admin: { identity: 'admin', scopes: ['admin'] },
  analyst: { identity: 'analyst', scopes: ['analyst'] },
  agent: { identity: 'agent:amara', scopes: ['agent'] },
  supervisor: { identity: 'supervisor:dana', scopes: ['agent', 'supervisor'] },
  customer: { identity: 'customer:maya', scopes: ['customer'] },
};
const tokens: Record<string, string> = {};

beforeAll(async () => {
  service = await startTestService();
  operations = await listOperations(service.url);
  for (const [scope, { identity }] of Object.entries(IDENTITIES)) tokens[scope] = await service.token(identity);
});
afterAll(() => service.stop());

describe('every operation', () => {
  it('is walked here', () => {
    expect(operations.length).toBeGreaterThan(25);
    expect(
      operations
        .filter(({ scopes }) => scopes.length === 0)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([
      'checkReference',
      'getCheckpoint',
      'getConsistencyProof',
      'getInclusionProof',
      'getLiveness',
      'getPageSettings',
      'getProblem',
      'getReadiness',
      'getSigningKeys',
      'getWelcome',
    ]);
    // Each scope that an operation names is somebody's here: no new one goes untried.
    const named = new Set(operations.flatMap(({ scopes }) => scopes));
    for (const scope of named) expect(Object.keys(IDENTITIES)).toContain(scope);
  });

  it('refuses a request without a token: 401', async () => {
    for (const operation of operations.filter(({ scopes }) => scopes.length > 0)) {
      const reply = await callOperation(service.url, operation);
      expect(reply.status, operation.id).toBe(401);
      expectProblem(reply, 401, 'unauthorized');
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  it('refuses each identity that it does not list: 403, before it looks at anything else', async () => {
    for (const operation of operations.filter(({ scopes }) => scopes.length > 0)) {
      const others = Object.entries(IDENTITIES).filter(
        ([, { scopes }]) => !scopes.some((one) => operation.scopes.includes(one)),
      );
      for (const [scope] of others) {
        const reply = await callOperation(service.url, operation, { token: tokens[scope], body: { nonsense: 1 } });
        expect(reply.status, `${operation.id} as ${scope}`).toBe(403);
        expectProblem(reply, 403, 'forbidden');
      }
    }
  });

  it('lets in each identity that it lists, as far as its own checks', async () => {
    for (const operation of operations) {
      for (const scope of operation.scopes) {
        const reply = await callOperation(
          service.url,
          operation.streams ? { ...operation, method: 'HEAD' } : operation,
          { token: tokens[scope] },
        );
        // Whose customer it is, is such a check.
        if (reply.status === 403) expectProblem(reply, 403, 'not-your-customer');
        expect([401, 500, 503], `${operation.id} as ${scope}`).not.toContain(reply.status);
      }
    }
  });
});

describe('a token', () => {
  const ask = (authorization: string | string[]): Promise<RawReply> =>
    send(service.url, { path: '/v1/calls', headers: { authorization } });
  const part = (text: object | string): string =>
    Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64url');

  it('that was tampered with, in any part, is refused', async () => {
    const [header, payload, signature] = tokens.telephony!.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    const head = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>;
    const last = signature.at(-3) === 'A' ? 'B' : 'A';
    for (const token of [
      `${header}.${part({ ...claims, scope: 'admin' })}.${signature}`,
      `${header}.${part({ ...claims, exp: seconds() + 1e6 })}.${signature}`,
      `${part({ ...head, x: 1 })}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -3)}${last}${signature.slice(-2)}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.${signature}`,
      `.${payload}.${signature}`,
      '..',
      'x',
      'null',
    ]) {
      expectProblem(await ask(`Bearer ${token}`), 401, 'unauthorized');
    }
    expect((await ask(`Bearer ${tokens.telephony}`)).status).toBe(200);
  });

  it('with alg none, or signed by HMAC with the public key, is refused', async () => {
    const [, payload] = tokens.telephony!.split('.') as [string, string];
    for (const alg of ['none', 'None', 'NONE', ''])
      expectProblem(await ask(`Bearer ${part({ alg, typ: 'at+jwt' })}.${payload}.`), 401, 'unauthorized');
    const { body } = await send(service.url, { path: '/oidc/northbank/jwks' });
    for (const key of body.keys as Record<string, string>[]) {
      for (const secret of [JSON.stringify(key), key.n ?? '', key.x ?? '', '']) {
        const input = `${part({ alg: 'HS256', typ: 'at+jwt', kid: key.kid })}.${payload}`;
        expectProblem(
          await ask(`Bearer ${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`),
          401,
          'unauthorized',
        );
      }
    }
  });

  it('has to come in exactly one Authorization header, as a bearer token', async () => {
    const good = tokens.telephony!;
    for (const header of [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${good}`,
      good,
      `Bearer ${good} ${good}`,
      `Bearer ${good},Bearer ${good}`,
      `DPoP ${good}`,
      `Bearer "${good}"`,
      `Bearer ${'a'.repeat(9_000)}`,
    ])
      expectProblem(await ask(header), 401, 'unauthorized');
    expectProblem(await ask([`Bearer ${good}`, `Bearer ${good}`]), 401, 'unauthorized');
    expectProblem(await ask([`Bearer ${good}`, 'Bearer x']), 401, 'unauthorized');
    for (const path of [`/v1/calls?access_token=${good}`, `/v1/calls?token=${good}`])
      expectProblem(await send(service.url, { path }), 401, 'unauthorized');
    expectProblem(
      await send(service.url, { path: '/v1/calls', headers: { cookie: `access_token=${good}` } }),
      401,
      'unauthorized',
    );
  });

  it('is never quoted in a refusal', async () => {
    for (const header of [`Bearer ${tokens.app}`, `Bearer ${tokens.app}x`])
      expect((await ask(header)).text).not.toContain(tokens.app!.slice(0, 40));
  });
});

describe("a token of an issuer of the bank's own", () => {
  let issuer: TokenIssuer;
  let other: TokenIssuer;
  let bank: TestService;
  let key: SigningKey;
  const ask = (token: string, path = '/v1/customers/c1/signals'): Promise<RawReply> =>
    send(bank.url, { path, headers: { authorization: `Bearer ${token}` } });

  beforeAll(async () => {
    [issuer, other, key] = [
      await new TokenIssuer().start(),
      await new TokenIssuer().start(),
      await newSigningKey('k1'),
    ];
    issuer.keys = [key.jwk];
    other.keys = [key.jwk];
    bank = await startTestService({ TENANTS: JSON.stringify([{ id: 'ownbank', issuer: issuer.url }]) });
  });
  afterAll(async () => {
    await bank.stop();
    issuer.stop();
    other.stop();
  });

  it('is taken where all of it is in order', async () => {
    expect((await ask(await signAccessToken(key, issuer.claims()))).status).toBe(200);
  });

  it.each<[string, JWTPayload, Record<string, unknown>]>([
    ['that has expired', { exp: seconds() - 60 }, {}],
    ['without an expiry', { exp: undefined }, {}],
    ['that is not valid yet', { nbf: seconds() + 600 }, {}],
    ['issued in the future', { iat: seconds() + 600 }, {}],
    ['for another audience', { aud: 'urn:other' }, {}],
    ['without an audience', { aud: undefined }, {}],
    ['without a subject', { sub: undefined }, {}],
    ['without a client', { client_id: undefined }, {}],
    ['without an id', { jti: undefined }, {}],
    ['of another issuer', { iss: 'https://elsewhere.example' }, {}],
    ['of no issuer', { iss: undefined }, {}],
    ['that is an ID token', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['by a key that is not published', {}, { kid: 'k2' }],
    ['bound to a key that nobody proves', { cnf: { jkt: 'x' } }, {}],
    ['with scopes in a list', { scope: ['app'] }, {}],
    ['with a control character in its subject', { sub: 'a\u0000b' }, {}],
    ['of an agent without a name', { scope: 'agent' }, {}],
  ])('%s: 401', async (_what, claims, header) => {
    expectProblem(await ask(await signAccessToken(key, issuer.claims(claims), header)), 401, 'unauthorized');
  });

  it('by an issuer that the bank does not know, though its key is the same: 401', async () => {
    expectProblem(await ask(await signAccessToken(key, other.claims())), 401, 'unauthorized');
    expectProblem(await ask(await signAccessToken(key, issuer.claims({ iss: `${issuer.url}/` }))), 401, 'unauthorized');
  });

  it('whose header names a key of its own: 401', async () => {
    const mine = await newSigningKey('k1');
    for (const header of [{ jwk: mine.jwk }, { jku: `${other.url}/jwks` }, { x5u: other.url }]) {
      expectProblem(await ask(await signAccessToken(mine, issuer.claims(), header)), 401, 'unauthorized');
    }
    const symmetric = new SignJWT(issuer.claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' });
    expectProblem(await ask(await symmetric.sign(Buffer.from(JSON.stringify(key.jwk)))), 401, 'unauthorized');
  });

  it('with scopes that are none of ours, or look like ours: 403', async () => {
    for (const scope of ['', 'apps', 'APP', 'app,admin', 'openid', ' ', 'admin\tapp'])
      expectProblem(await ask(await signAccessToken(key, issuer.claims({ scope }))), 403, 'forbidden');
    expectProblem(await ask(await signAccessToken(key, issuer.claims({ scope: undefined }))), 403, 'forbidden');
  });

  it('while its issuer cannot be reached: 503, for nothing is known about it', async () => {
    const late = await new TokenIssuer().start();
    const next = await startTestService({ TENANTS: JSON.stringify([{ id: 'latebank', issuer: late.url }]) });
    late.answer = (_req, res) => void res.writeHead(500).end();
    const token = await signAccessToken(key, late.claims());
    const reply = await send(next.url, {
      path: '/v1/customers/c1/signals',
      headers: { authorization: `Bearer ${token}` },
    });
    expectProblem(reply, 503, 'temporarily-unavailable');
    expect(reply.headers['retry-after']).toBeDefined();
    late.stop();
    await next.stop();
  });
});
