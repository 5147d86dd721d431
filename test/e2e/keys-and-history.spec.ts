import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const put = async (document: object): Promise<number> => {
  const etag = (await service.admin.get('/v1/policy')).headers.get('etag')!;
  const { status, body } = await service.admin.put('/v1/policy', document, { headers: { 'if-match': etag } });
  expect(status).toBe(200);
  return body.version as number;
};
const history = (query = '') => service.admin.get(`/v1/policy/versions${query}`);

describe('the history of the policy', () => {
  it('says who changed which field, when, from what to what, newest first and by pages', async () => {
    expect((await history()).body).toEqual({ data: [], next: null });
    const first = await put({ device: { ageSeconds: 7_200 } });
    const second = await put({ device: { ageSeconds: 7_200 }, neverAsk: ['Your PIN'] });
    const third = await put({});
    const at = expect.stringMatching(/Z$/);
    const newest = [
      {
        version: third,
        changedAt: at,
        changedBy: 'admin',
        changes: [
          { field: '/device/ageSeconds', before: 7_200, after: expect.any(Number) },
          { field: '/neverAsk', before: ['Your PIN'], after: expect.any(Array) },
        ],
      },
      {
        version: second,
        changedAt: at,
        changedBy: 'admin',
        changes: [{ field: '/neverAsk', before: expect.any(Array), after: ['Your PIN'] }],
      },
    ];
    const oldest = {
      version: first,
      changedAt: at,
      changedBy: 'admin',
      changes: [{ field: '/device/ageSeconds', before: expect.any(Number), after: 7_200 }],
    };
    const page = (await history('?limit=2')).body;
    expect(page).toEqual({ data: newest, next: String(second) });
    expect((await history(`?limit=2&after=${page.next}`)).body).toEqual({ data: [oldest], next: null });
  });

  it('shows each version as it was', async () => {
    const version = await put({ device: { ageSeconds: 9_000 } });
    await put({});
    const { body } = await service.admin.get(`/v1/policy/versions/${version}`);
    expect(body).toMatchObject({ version, changedBy: 'admin', device: { ageSeconds: 9_000 } });
    const { body: defaults } = await service.admin.get('/v1/policy/versions/0');
    expect(defaults).toMatchObject({ version: 0, changedBy: null, changedAt: null });
    for (const other of ['999999', '-1', '1e1', '01', 'x', '99999999999999'])
      expect((await service.admin.get(`/v1/policy/versions/${other}`)).status, other).toBe(404);
    for (const after of ['x', '-1', '1.5', '99999999999999'])
      expect((await history(`?after=${after}`)).status, after).toBe(400);
  });

  it('is read by an administrator of this bank alone', async () => {
    const version = await put({ device: { ageSeconds: 9_001 } });
    const { admin } = await service.clients('southbank');
    expect((await admin.get('/v1/policy/versions')).body.data).toEqual([]);
    expect((await admin.get(`/v1/policy/versions/${version}`)).status).toBe(404);
    for (const by of ['app', 'amara', 'analyst', 'dana'] as const)
      expect((await service[by].get('/v1/policy/versions')).status).toBe(403);
  });
});

describe('what an administrator sees of issuers and keys', () => {
  it('is whose tokens are taken, and since when their keys are at hand', async () => {
    const { status, body } = await service.admin.get('/v1/issuers');
    expect(status).toBe(200);
    expect(body.data).toEqual([
      {
        issuer: `${service.url}/oidc/northbank`,
        of: ['people', 'customers'],
        audiences: ['urn:countersign'],
        algorithms: expect.arrayContaining(['ES256']),
        jwksUri: null,
        keys: [expect.objectContaining({ kid: expect.any(String), kty: expect.any(String) })],
        keysFetchedAt: expect.stringMatching(/Z$/),
        lastFailure: null,
      },
    ]);
    expect(Math.abs(Date.parse(body.data[0].keysFetchedAt) - Date.now())).toBeLessThan(600_000);
    expect(JSON.stringify(body)).not.toMatch(/"(d|p|q|dp|dq|qi|k|x|y|n)":/);
    for (const by of ['app', 'amara', 'analyst', 'telephony'] as const)
      expect((await service[by].get('/v1/issuers')).status).toBe(403);
  });

  it('is which keys sign, the one in use first, and none that the master key does not vouch for', async () => {
    await service.app.post('/v1/customers/cust-keys/call-verdicts', { trigger: 'ringing' });
    const { kid } = (await service.admin.get('/.well-known/jwks.json')).body.keys[0];
    await expect
      .poll(async () => (await service.admin.get('/v1/signing-keys')).body.data)
      .toEqual([{ kid, algorithm: 'EdDSA', current: true, firstUsedAt: expect.stringMatching(/Z$/) }]);
    await service.sql(
      `INSERT INTO signing_keys (tenant_id, key_id, public_jwk, mac) VALUES ('northbank', 'slipped-in', '{"kty":"OKP"}', '\\x00')`,
    );
    expect((await service.admin.get('/v1/signing-keys')).body.data).toHaveLength(1);
    for (const by of ['app', 'amara', 'analyst'] as const)
      expect((await service[by].get('/v1/signing-keys')).status).toBe(403);
  });
});
