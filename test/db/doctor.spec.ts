import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, describe } from 'vitest';
import { examine } from '../../src/boot/doctor/doctor.js';
import { servicePassword } from '../../src/boot/service-database.js';
import { ensureServiceLogin, serviceLoginUrl } from '../../src/database/migrate.js';
import { createTestDatabase } from '../support/database.js';

const masterKey = randomBytes(32);
let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function serviceLogin(environment: NodeJS.ProcessEnv): Promise<string> {
  const findings = await examine({
    DATA_DIR: '/nowhere',
    MASTER_KEY: masterKey.toString('base64'),
    TENANTS: '[{"id":"northbank","issuer":"http://127.0.0.1:9"}]',
    ...environment,
  });
  return findings.find(({ check }) => check === 'service login')!.result;
}

describe('the login that serves, in a database that was restored', () => {
  it('is no failure where a start makes it, and is one where it is not let in and nobody makes it', async () => {
    const made = serviceLoginUrl(database.url, servicePassword(masterKey));
    expect(await serviceLogin({ DATABASE_URL: database.url })).toBe('warning');
    expect(await serviceLogin({ SERVICE_DATABASE_URL: made, MIGRATE: 'false' })).toBe('failed');
    expect(await serviceLogin({ DATABASE_URL: database.url, SERVICE_DATABASE_URL: made })).toBe('failed');
    await ensureServiceLogin(database.url, servicePassword(masterKey));
    expect(await serviceLogin({ DATABASE_URL: database.url })).toBe('ok');
    expect(await serviceLogin({ SERVICE_DATABASE_URL: made, MIGRATE: 'false' })).toBe('ok');
  });
});

describe('the banks of the table', () => {
  const told = async (): Promise<(readonly [string, string, string])[]> => {
    const findings = await examine({
      DATA_DIR: '/nowhere',
      MASTER_KEY: masterKey.toString('base64'),
      TENANTS: '[{"id":"northbank","issuer":"http://127.0.0.1:9"}]',
      DATABASE_URL: database.url,
    });
    return findings.map(({ check, result, detail }) => [check, result, detail]);
  };
  const inTable = async (text: string, values: unknown[] = []): Promise<void> => {
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    await owner.query(text, values).finally(() => owner.end());
  };
  const keep = (id: string, entry: object): Promise<void> =>
    inTable('INSERT INTO tenants (id, entry, version) VALUES ($1, $2, 0)', [id, { id, ...entry }]);

  it('are looked at as those of TENANTS: their issuers, their lines, their logs', async () => {
    await ensureServiceLogin(database.url, servicePassword(masterKey));
    await keep('eastbank', { issuer: 'http://127.0.0.1:9/east' });
    const unreachable = expect.stringContaining('http://127.0.0.1:9/east cannot be used');
    expect(await told()).toEqual(
      expect.arrayContaining([
        ['issuer of eastbank', 'failed', unreachable],
        ['lines of eastbank', 'warning', expect.any(String)],
        ['event log of eastbank', 'ok', expect.any(String)],
        ['issuer of northbank', 'failed', expect.any(String)],
      ]),
    );
    await inTable(`UPDATE tenants SET status = 'suspended' WHERE id = 'eastbank'`);
    expect((await told()).map(([check]) => check)).not.toContain('issuer of eastbank');
  });

  it('that a start would refuse are a failure, in the words of the start', async () => {
    await keep('thief', { issuer: 'http://127.0.0.1:9' });
    await keep('broken', { issuer: 'secret-word' });
    const failed = (await told()).filter(([check]) => check === 'tenants');
    expect(failed).toEqual([
      ['tenants', 'failed', expect.stringMatching(/^Tenant broken of the table: its entry should be as in /)],
      ['tenants', 'failed', expect.stringMatching(/^Tenant thief of the table: .*also northbank's/)],
    ]);
    expect(JSON.stringify(failed)).not.toContain('secret-word');
  });
});
