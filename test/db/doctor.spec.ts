import { randomBytes } from 'node:crypto';
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
