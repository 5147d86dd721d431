import { describe, expect, it } from 'vitest';
import { readTenants } from './tenants.js';

const north = { id: 'northbank', issuer: 'https://login.north.example' };
const customerIssuer = { issuer: 'https://id.north.example', claim: 'customer_no' };

describe('TENANTS is refused at start', () => {
  it.each<[string, object[], string]>([
    [
      'where customers and people have one issuer',
      [{ ...north, customerIssuer: { ...customerIssuer, issuer: north.issuer } }],
      'the issuer alone tells customers from agents',
    ],
    [
      "where one bank's customers come from another's issuer",
      [
        { ...north, customerIssuer: { ...customerIssuer, issuer: 'https://login.south.example' } },
        { id: 'southbank', issuer: 'https://login.south.example' },
      ],
      'the issuer alone tells customers from agents',
    ],
    [
      'where two banks have their customers from one issuer',
      [
        { ...north, customerIssuer },
        { id: 'southbank', issuer: 'https://login.south.example', customerIssuer },
      ],
      'the issuer alone tells customers from agents',
    ],
    [
      'where customers would be agents',
      [{ ...north, customerIssuer: { ...customerIssuer, claims: { scope: { values: { user: 'agent' } } } } }],
      'stand for customer: customers are nothing else',
    ],
    [
      'where agents would be customers',
      [{ ...north, claims: { scope: { values: { staff: 'customer' } } } }],
      'customers are nothing else',
    ],
    ...['openid', 'offline_access', 'default-roles-bank', 'Everyone', 'user_impersonation', 'PROFILE'].map(
      (value): [string, object[], string] => [
        `where everybody with ${value} would be an agent`,
        [{ ...north, claims: { scope: { values: { [value]: 'agent' } } } }],
        'gives to everybody who signs in',
      ],
    ),
    ['with a scope that there is not', [{ ...north, claims: { scope: { values: { a: 'root' } } } }], 'stand for app'],
    ['with a claim map of another kind', [{ ...north, claims: ['scope'] }], '`claims` is an object'],
    ['with a claim that means nothing', [{ ...north, claims: { scopes: 'roles' } }], 'has no members but'],
    [
      'with values of another kind',
      [{ ...north, claims: { scope: { values: [] } } }],
      '`claims.scope.values` is an object',
    ],
    ['with a typ of other tokens', [{ ...north, typ: ['JWT', 'id+jwt'] }], '`typ` names access tokens'],
    ['with symmetric signatures', [{ ...north, algorithms: 'HS256' }], '`algorithms` are of RS256'],
    ['without signatures', [{ ...north, algorithms: ['none'] }], '`algorithms` are of RS256'],
    ['with no audience at all', [{ ...north, audience: [] }], '`audience` is a text or a few texts'],
    ['with a proof that there is not', [{ ...north, proof: 'password' }], '`proof` is one of dpop, mtls, dpop-or-mtls'],
    [
      'where no claim holds the customer',
      [{ ...north, customerIssuer: { issuer: 'https://id.example' } }],
      '`customerIssuer.claim`',
    ],
    [
      'with a customerIssuer of another kind',
      [{ ...north, customerIssuer: 'https://id.example' }],
      '`customerIssuer` is an object',
    ],
  ])('%s', (_what, tenants, message) => {
    expect(() => readTenants(tenants)).toThrow(message);
  });
});

describe('TENANTS is read', () => {
  it('without rules where none are given, so that RFC 9068 holds to the letter', () => {
    expect(readTenants([{ ...north, customerIssuer, lines: [] }])).toEqual([{ ...north, customerIssuer }]);
  });

  it('with what it says, and the strict rule for what it does not', () => {
    const [tenant] = readTenants([{ ...north, typ: 'JWT', claims: { client_id: ['azp', 'appid'], jti: null } }]);
    expect(tenant!.rules).toMatchObject({
      types: ['JWT'],
      audiences: ['urn:countersign'],
      proof: null,
      claims: { client_id: ['azp', 'appid'], jti: [], scope: ['scope'], scopeLists: false, scopeValues: null },
    });
  });
});
