import { readFileSync } from 'node:fs';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER_SHAPES } from '../../../test/support/issuer-shapes.js';
import {
  newSigningKey,
  seconds,
  signAccessToken,
  type SigningKey,
  TokenIssuer,
} from '../../../test/support/token-issuer.js';
import { readTenants } from '../../config/tenants.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import { TokenRefused } from './token-claims.js';

let issuer: TokenIssuer;
let customers: TokenIssuer;
let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('k1', 'RS256');
  [issuer, customers] = [await new TokenIssuer().start(), await new TokenIssuer().start()];
  issuer.keys = [key.jwk];
  customers.keys = [key.jwk];
});
afterAll(() => {
  issuer.stop();
  customers.stop();
});

const verifier = (entry: object = {}): AccessTokenVerifier =>
  new AccessTokenVerifier(readTenants([{ id: 'northbank', issuer: issuer.url, ...entry }]));
const sign = (claims: JWTPayload, header: Record<string, unknown> = {}): Promise<string> =>
  signAccessToken(key, { iss: issuer.url, iat: seconds(), exp: seconds() + 600, ...claims }, header);

/** The claim for which a token is refused, as the log will say. */
async function refusal(by: AccessTokenVerifier, token: string): Promise<string> {
  const problem = (await by.verify(token).then(
    () => ({ cause: new TokenRefused('none', 'it was taken') }),
    (error: unknown) => error,
  )) as { cause: TokenRefused; details?: { detail: string } };
  if (problem.details) expect(problem.details.detail).not.toContain(problem.cause.why);
  return `${problem.cause.claim}: ${problem.cause.why}`;
}

describe('a token of the shape of', () => {
  it.each(ISSUER_SHAPES)('$product is read as its recipe says', async ({ rules, header, claims, expected }) => {
    const principal = await verifier(rules).verify(await sign(claims, header));
    expect({ ...principal, scopes: [...principal.scopes] }).toMatchObject(expected);
  });

  it.each(ISSUER_SHAPES.filter(({ product }) => product !== 'PingFederate'))(
    '$product is refused without a recipe',
    async ({ header, claims }) => {
      expect(await refusal(verifier(), await sign(claims, header))).toMatch(/^(typ|aud|client_id|jti|scope): /);
    },
  );

  it.each(ISSUER_SHAPES)('$product is refused where it is that of an ID token of this client', async (shape) => {
    const by = verifier(shape.rules);
    const token = await sign({ ...shape.claims, at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng', nonce: 'n' }, shape.header);
    if (shape.header.typ === 'at+jwt') await expect(by.verify(token)).resolves.toBeDefined();
    else expect(await refusal(by, token)).toMatch(/^typ: /);
  });

  it.each(ISSUER_SHAPES)('$product has its recipe in docs/issuers.md', ({ rules, product }) => {
    const recipes = [...readFileSync('docs/issuers.md', 'utf8').matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, text]) => JSON.parse(text!) as Record<string, unknown>,
    );
    const bare = recipes.map(({ id: _id, issuer: _issuer, ...rest }) => rest);
    expect(bare, product).toContainEqual(rules);
  });
});

describe('scope', () => {
  const claims = (scope: unknown): JWTPayload => issuer.claims({ scope } as JWTPayload);
  it.each<[string, unknown]>([
    ['a list', ['app']],
    ['a number', 7],
    ['an object', { app: true }],
    ['a list of lists', [['app']]],
    ['true', true],
  ])('as %s is refused where the issuer is strict', async (_what, scope) => {
    expect(await refusal(verifier(), await sign(claims(scope)))).toMatch(/^scope: /);
  });

  it.each<[string, unknown]>([
    ['a number', 7],
    ['an object', { app: true }],
    ['a list of lists', [['app']]],
    ['a list with a number', ['app', 1]],
    ['a text of many', ' app'.repeat(1_001)],
  ])('as %s is refused where lists are taken', async (_what, scope) => {
    expect(await refusal(verifier({ claims: { scope: 'scope' } }), await sign(claims(scope)))).toMatch(/^scope: /);
  });

  it('is never taken from a prototype, or from within a list', async () => {
    const by = verifier({
      claims: {
        scope: {
          from: ['__proto__.roles', 'constructor.name', 'roles.0'],
          values: { Object: 'admin', admin: 'admin' },
        },
      },
    });
    expect([...(await by.verify(await sign(issuer.claims({ roles: ['admin'] })))).scopes]).toEqual([]);
    const mapped = verifier({ claims: { scope: { values: { staff: 'agent' } } } });
    for (const scope of ['constructor', '__proto__', 'toString', 'agent', 'STAFF'])
      expect([...(await mapped.verify(await sign(claims(scope)))).scopes]).toEqual([]);
  });

  it('may be found by a JSON pointer where names have dots', async () => {
    const by = verifier({ claims: { scope: '/resource_access/my.client~1x/roles' } });
    const principal = await by.verify(
      await sign(issuer.claims({ resource_access: { 'my.client/x': { roles: ['app'] } } })),
    );
    expect([...principal.scopes]).toEqual(['app']);
  });
});

describe('the team of a person', () => {
  const of = async (department: string): Promise<string> =>
    sign(issuer.claims({ sub: 'amara', scope: 'agent', name: 'Amara Okafor', department }));

  it.each([
    ['Fraud Operations', 'Fraud Operations'],
    ['  Fraud\u00a0 Operations ', 'Fraud Operations'],
    ['x'.repeat(80), 'x'.repeat(80)],
  ])('%j is %j, as in a query and a body', async (department, name) => {
    expect((await verifier().verify(await of(department))).department).toBe(name);
  });

  it('that is too long to ask for is refused, and never cut', async () => {
    expect(await refusal(verifier(), await of('x'.repeat(81)))).toBe('department: is longer than 80 characters');
  });
});

describe('customers', () => {
  const entry = (): object => ({ customerIssuer: { issuer: customers.url, claim: 'custom.no' } });
  const claims = (change: JWTPayload = {}): JWTPayload =>
    customers.claims({ sub: 'uuid', scope: 'customer', custom: { no: 'c-77' }, ...change });

  it('come from their own issuer, and are nothing else whatever their token says', async () => {
    const principal = await verifier(entry()).verify(
      await sign(claims({ scope: 'customer agent admin app', name: 'Mallory', department: 'Fraud' })),
    );
    expect(principal).toMatchObject({ subject: 'c-77', customerId: 'c-77', name: null, department: null });
    expect([...principal.scopes]).toEqual(['customer']);
    const other = await verifier(entry()).verify(await sign(claims({ scope: 'app agent' })));
    expect([...other.scopes]).toEqual([]);
    expect(other.customerId).toBeUndefined();
  });

  it('are never those of the issuer of the people', async () => {
    const token = await sign(issuer.claims({ scope: 'customer', custom: { no: 'c-77' } }));
    const principal = await verifier(entry()).verify(token);
    expect([...principal.scopes]).toEqual([]);
    expect(principal.customerId).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['none', undefined],
    ['a number', 77],
    ['blank', ''],
    ['no id', 'c 77'],
    ['too long', 'c'.repeat(65)],
    ['a list', ['c-77']],
  ])('whose id is %s are refused', async (_what, no) => {
    expect(await refusal(verifier(entry()), await sign(claims({ custom: { no } })))).toMatch(/^customerIssuer.claim: /);
  });

  it('and people of one issuer, as in development alone, are told apart by scope', async () => {
    const by = new AccessTokenVerifier([
      { id: 'northbank', issuer: issuer.url, customerIssuer: { issuer: issuer.url, claim: 'no' } },
    ]);
    expect(await refusal(by, await sign(issuer.claims({ scope: 'customer app', no: 'c' })))).toMatch(/^scope: /);
    expect((await by.verify(await sign(issuer.claims({ no: 'c' })))).customerId).toBeUndefined();
    expect((await by.verify(await sign(issuer.claims({ scope: 'customer', no: 'c' })))).customerId).toBe('c');
  });
});

describe('a refused token says why to the log', () => {
  it.each<[string, JWTPayload, Record<string, unknown>, string]>([
    ['an audience', { aud: 'urn:other' }, {}, 'aud: is none that is taken'],
    ['a type', {}, { typ: 'JWT' }, 'typ: is not a type that is taken from this issuer'],
    [
      'a clock that is 10 min ahead',
      { iat: 600, exp: 1200 },
      {},
      'iat: is missing, or later than now: compare the clocks',
    ],
    ['a clock that is 10 min behind', { iat: -1200, exp: -600 }, {}, 'exp: has passed'],
    ['a key', {}, { kid: 'k2' }, 'kid: is that of no key of this issuer'],
    ['a name that is missing', { scope: 'agent' }, {}, 'name: is missing, and an agent needs one'],
    [
      'a binding that nobody can prove',
      { cnf: { kid: 'x' } as never },
      {},
      'cnf: binds the token in a way that cannot be proved here',
    ],
  ])('%s', async (_what, { iat, exp, ...change }, header, expected) => {
    const times = {
      ...(iat === undefined ? {} : { iat: seconds() + iat }),
      ...(exp === undefined ? {} : { exp: seconds() + exp }),
    };
    expect(await refusal(verifier(), await sign(issuer.claims({ ...change, ...times }), header))).toBe(expected);
  });

  it('an algorithm that the issuer does not use', async () => {
    const by = verifier({ algorithms: ['PS256'] });
    expect(await refusal(by, await sign(issuer.claims()))).toBe('alg: is not one that is taken from this issuer');
  });

  it('what is no token at all', async () => {
    for (const token of ['x', 'a.b.c', '..'])
      expect(await refusal(verifier(), token)).toBe('token: is not a signed JWT');
  });
});
