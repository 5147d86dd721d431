import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/config/config.js';
import { ServiceClient } from '../support/service-client.js';
import { startTestService, type TestService } from '../support/service.js';
import { TenantsOperator } from '../support/tenants.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';

vi.setConfig({ testTimeout: 120_000 });

let service: TestService;
let operator: TenantsOperator;
let issuer: TokenIssuer;
let key: SigningKey;
beforeAll(async () => {
  [issuer, key] = await Promise.all([new TokenIssuer().start(), newSigningKey('k1')]);
  issuer.keys = [key.jwk];
  service = await startTestService();
  operator = new TenantsOperator(service);
});
afterAll(async () => {
  await service.stop();
  issuer.stop();
});

const entryOf = (id: string, more: object = {}): object => ({
  id,
  issuer: `${issuer.url}/${id}`,
  jwksUri: `${issuer.url}/jwks`,
  ...more,
});

const tableOf = (): Promise<{ id: string; entry: object | null; status: string; changed_by: string }[]> =>
  service.sql('SELECT id, entry, status, changed_by FROM tenants ORDER BY id');

describe('countersign tenants', () => {
  it('lists those of the settings, and adds, changes, suspends and resumes others', async () => {
    expect((await operator.run('list')).text).toMatch(
      /^northbank +active +TENANTS .*\nsouthbank +active +TENANTS .*\n$/,
    );
    expect(await operator.run('add', entryOf('eastbank'))).toEqual({ code: 0, text: 'Tenant eastbank is added.\n' });
    expect(await operator.run('change', entryOf('eastbank', { diagnostics: true }))).toMatchObject({ code: 0 });
    expect(await operator.run('suspend', 'eastbank')).toEqual({ code: 0, text: 'Tenant eastbank is suspended.\n' });
    expect(await operator.run('suspend', 'eastbank')).toEqual({
      code: 0,
      text: 'Tenant eastbank is suspended already.\n',
    });
    expect(JSON.parse((await operator.run('list', undefined, true)).text)).toMatchObject({
      tenants: [
        { id: 'northbank', namedIn: 'TENANTS', changedBy: null },
        { id: 'southbank' },
        { id: 'eastbank', status: 'suspended', namedIn: 'table', changedBy: 'the operator of a test' },
      ],
      faults: [],
    });
    expect(await operator.run('resume', 'eastbank')).toEqual({ code: 0, text: 'Tenant eastbank is active.\n' });
    // All that was ever changed is there, and who did it.
    expect(
      await service.sql(
        `SELECT status, entry->'diagnostics' AS diagnostics, changed_by FROM tenant_changes WHERE tenant_id = 'eastbank' ORDER BY version`,
      ),
    ).toEqual(
      [
        ['active', null],
        ['active', true],
        ['suspended', true],
        ['active', true],
      ].map(([status, diagnostics]) => ({ status, diagnostics, changed_by: 'the operator of a test' })),
    );
  });

  it('takes what TENANTS would take, and nothing else; and repeats nothing of it', async () => {
    const before = await tableOf();
    for (const id of ['', 'Eastbank', 'east bank', 'east_bank', '1bank', "east'; DROP TABLE tenants; --", 'östbank'])
      expect(await operator.run('add', { ...entryOf('x'), id }), id).toMatchObject({
        code: 1,
        text: expect.stringMatching(/^The tenant is not taken: .*each `id` is 1–32 of a–z/),
      });
    for (const id of ['a'.repeat(33), 'bank\u0000', 'bank\u202e', '__proto__', 'constructor.x', '../northbank', '%2e'])
      expect((await operator.run('add', { ...entryOf('x'), id })).code, id).toBe(1);
    for (const more of [
      { issuer: 'ftp://secret-word.example' },
      { issuer: 'secret-word' },
      { diagnostics: 'secret-word' },
      { rateLimits: { 'secret-word': 1 } },
      { corsOrigins: ['https://*.secret-word.example'] },
      { customerIssuer: { issuer: 'https://secret-word.example' } },
      { passkeys: { rpId: 'secret-word' } },
    ]) {
      const { code, text } = await operator.run('add', entryOf('strangebank', more));
      expect([code, text], JSON.stringify(more)).toEqual([1, expect.stringMatching(/^The tenant is not taken: /)]);
      expect(text).not.toContain('secret-word');
    }
    expect(await operator.run('add', '/no/such/file')).toEqual({ code: 1, text: 'The file cannot be read: ENOENT.\n' });
    expect(await operator.run('suspend', "northbank'--")).toMatchObject({ code: 1 });
    expect(await tableOf()).toEqual(before);
  });

  it('takes no issuer of another bank, as whose people or customers ever', async () => {
    await operator.run('add', entryOf('westbank', { customerIssuer: { issuer: `${issuer.url}/my`, claim: 'sub' } }));
    const before = await tableOf();
    const takes = async (more: object): Promise<string> => (await operator.run('add', entryOf('thief', more))).text;
    for (const stolen of [`${issuer.url}/westbank`, `${issuer.url}/my`, `${service.url}/oidc/northbank`]) {
      expect(await takes({ issuer: stolen })).toMatch(/an issuer of it is also (west|north)bank's/);
      expect(await takes({ customerIssuer: { issuer: stolen, claim: 'sub' } })).toMatch(/is also (west|north)bank's/);
    }
    expect(await tableOf()).toEqual(before);
    await operator.run('add', entryOf('thief'));
    expect((await operator.run('change', entryOf('thief', { issuer: `${issuer.url}/westbank` }))).text).toMatch(
      /is also westbank's/,
    );
  });

  it('in two places at the same moment adds one of the two, and never two with one issuer', async () => {
    const same = await Promise.all(
      ['a', 'b'].map((one) => operator.run('add', entryOf('twin', { diagnostics: one === 'a' }))),
    );
    expect(same.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(same.find(({ code }) => code === 1)!.text).toBe(
      'There is a tenant twin already: countersign tenants change.\n',
    );
    const others = await Promise.all(
      ['tweedledum', 'tweedledee'].map((id) => operator.run('add', entryOf(id, { issuer: `${issuer.url}/shared` }))),
    );
    expect(others.map(({ code }) => code).sort()).toEqual([0, 1]);
  });

  it('leaves what stands in TENANTS to TENANTS, and suspends it all the same', async () => {
    expect((await operator.run('add', entryOf('northbank'))).text).toBe(
      'Tenant northbank stands in TENANTS already.\n',
    );
    expect((await operator.run('change', entryOf('northbank'))).text).toMatch(/change it there/);
    expect((await operator.run('suspend', 'nobank')).code).toBe(1);
    expect((await operator.run('change', entryOf('nobank'))).text).toMatch(/There is no tenant nobank/);
    expect((await operator.run('suspend', 'southbank')).code).toBe(0);
    expect((await operator.run('list')).text).toMatch(/southbank +suspended +TENANTS/);
    expect((await operator.run('resume', 'southbank')).code).toBe(0);
  });

  it('removes nobody, and lets nobody take another id: what is kept would be nobody’s, or theirs', async () => {
    for (const text of [
      `DELETE FROM tenants WHERE id = 'eastbank'`,
      'TRUNCATE tenants',
      `UPDATE tenants SET id = 'theirs' WHERE id = 'eastbank'`,
    ])
      await expect(service.sql(text), text).rejects.toMatchObject({ code: '23001' });
  });
});

describe('a start', () => {
  it('serves those of the table too', async () => {
    await operator.run('add', entryOf('latebank'));
    const other = await service.startAnother();
    const token = await signAccessToken(key, issuer.claims({ iss: `${issuer.url}/latebank`, scope: 'admin' }));
    expect(await new ServiceClient(other.url, token).get('/v1/me')).toMatchObject({
      status: 200,
      body: { tenant: 'latebank' },
    });
    await other.stop();
  });

  it('refuses, in words, where the table and TENANTS name one bank or one issuer, or an entry cannot be read', async () => {
    const starts = async (): Promise<string> => {
      const refused: unknown = await service.startAnother().then(
        async (started) => started.stop(),
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(ConfigError);
      return (refused as Error).message;
    };
    const write = (id: string, entry: object | null): Promise<object[]> =>
      service.sql(
        `INSERT INTO tenants (id, entry, version) VALUES ($1, $2, 0) ON CONFLICT (id) DO UPDATE SET entry = excluded.entry`,
        [id, entry],
      );
    await write('northbank', entryOf('northbank'));
    expect(await starts()).toMatch(/^Tenant northbank of the table: TENANTS has a tenant of this id too/);
    await write('northbank', null);
    await write('handmade', entryOf('handmade', { issuer: `${service.url}/oidc/southbank` }));
    expect(await starts()).toMatch(/^Tenant handmade of the table: an issuer of it is also southbank's/);
    await write('handmade', { id: 'handmade', of: 'a newer version' });
    expect(await starts()).toMatch(/^Tenant handmade of the table: its entry should be as in a list in which/);
    expect((await operator.run('list')).text).toMatch(/NOT SERVED {2}Tenant handmade/);
    await write('handmade', null);
    await (await service.startAnother()).stop();
  });
});
