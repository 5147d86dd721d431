import { createPublicKey, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';
import { SETTINGS } from './settings.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const TENANTS = JSON.stringify([{ id: 'northbank', issuer: 'https://login.northbank.example' }]);
const SIGNING_KEY =
  '-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIOtLP4BgpPHjtNCeMwunRU+maqjoQV+I2DCIGSOw5SzH\\n-----END PRIVATE KEY-----';
const DATABASE_URL = 'postgres://owner:secret@db:5432/countersign';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (environment: NodeJS.ProcessEnv = {}) => readConfig({ DATA_DIR: folder, ...environment });

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('an empty environment', () => {
  it('is a development service with two tenants, on an embedded database', () => {
    expect(read()).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      ownerDatabaseUrl: undefined,
      serviceDatabaseUrl: undefined,
      dataDirectory: folder,
      migrate: true,
      processes: 1,
      sharedConnections: 2,
      writeConnections: 16,
      pooledConnections: 8,
      developmentIssuer: true,
      logLevel: 'info',
      metricsPort: undefined,
      shutdownGraceSeconds: 15,
      eventsRetentionMonths: undefined,
      eventsHeldAlertSeconds: 60,
      tenants: [
        { id: 'northbank', issuer: 'http://127.0.0.1:3000/oidc/northbank' },
        { id: 'southbank', issuer: 'http://127.0.0.1:3000/oidc/southbank' },
      ],
    });
  });

  it('is the same as one of empty variables', () => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(readConfig({ ...empty, DATA_DIR: folder })).toEqual(read());
  });

  it('is read once and frozen', () => {
    expect(Object.isFrozen(read())).toBe(true);
    expect(Object.isFrozen(read().tenants)).toBe(true);
  });
});

describe('a wrong variable', () => {
  it.each([
    ['NODE_ENV', 'staging', 'one of development, test, production'],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '3000.5', 'a whole number from 0 to 65535'],
    ['PUBLIC_URL', 'bank.example', 'an http or https URL'],
    ['PUBLIC_URL', 'ftp://bank.example', 'an http or https URL'],
    ['PUBLIC_URL', 'https://bank.example/?a=b', 'an http or https URL without query or fragment'],
    ['DATABASE_URL', 'db:5432', 'a URL like postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'mysql://u:p@db/countersign', 'a URL like postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'postgres://u:p@db', 'a URL like postgres://user:password@host:5432/database'],
    ['SERVICE_DATABASE_URL', 'db', 'a URL like postgres://user:password@host:5432/database'],
    ['MIGRATE', 'perhaps', '`true` or `false`'],
    ['DATABASE_SHARED_CONNECTIONS', '0', 'a whole number from 1 to 32'],
    ['DATABASE_SHARED_CONNECTIONS', '33', 'a whole number from 1 to 32'],
    ['DATABASE_WRITE_CONNECTIONS', '0', 'a whole number from 1 to 64'],
    ['PROCESSES', '0', 'a whole number from 1 to 64'],
    ['PROCESSES', '65', 'a whole number from 1 to 64'],
    ['PROCESSES', 'auto', 'a whole number from 1 to 64'],
    ['DATABASE_POOL', 'many', 'a whole number from 1 to 200'],
    ['DATABASE_POOL', '201', 'a whole number from 1 to 200'],
    ['DEVELOPMENT_ISSUER', 'no', '`true` or `false`'],
    ['TENANTS', 'northbank', 'a JSON array of at least one tenant'],
    ['TENANTS', '[]', 'a JSON array of at least one tenant'],
    ['TENANTS', '[null]', 'a list in which each `id` is'],
    ['TENANTS', '[{"id":"North Bank","issuer":"https://a.example"}]', 'a list in which each `id` is'],
    ['TENANTS', '[{"id":"northbank"}]', 'a list in which `issuer` and `jwksUri` are https URLs'],
    ['TENANTS', '[{"id":"northbank","issuer":"login"}]', 'a list in which `issuer` and `jwksUri` are https URLs'],
    [
      'TENANTS',
      '[{"id":"northbank","issuer":"https://a.example","jwksUri":"file:///etc/passwd"}]',
      'a list in which `issuer` and `jwksUri` are https URLs',
    ],
    [
      'TENANTS',
      '[{"id":"a","issuer":"https://a.example"},{"id":"a","issuer":"https://b.example"}]',
      'a list in which each `id` stands once',
    ],
    [
      'TENANTS',
      '[{"id":"a","issuer":"https://a.example"},{"id":"b","issuer":"https://a.example"}]',
      'a list in which each `issuer` stands once',
    ],
    ['MASTER_KEY', 'short', 'exactly 32 random bytes'],
    ['MASTER_KEY', KEY.slice(4), 'exactly 32 random bytes'],
    ['SIGNING_KEY', 'short', 'an Ed25519 private key'],
    ['WITNESS_URL', 'witness', 'an http or https URL'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['METRICS_PORT', '0', 'a whole number from 1 to 65535'],
    ['REQUEST_TIMEOUT_SECONDS', '0', 'a whole number from 1 to 300'],
    ['IMPORT_TIMEOUT_SECONDS', '3601', 'a whole number from 1 to 3600'],
    ['SHUTDOWN_GRACE_SECONDS', '301', 'a whole number from 1 to 300'],
    ['EVENTS_RETENTION_MONTHS', '12', 'a whole number from 13 to 1200'],
  ])('%s=%s is named, with what it should be', (name, value, form) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} should be `));
    expect(message).toContain(form);
  });

  it('does not hide another', () => {
    expect(
      refusal({ PORT: 'x', LOG_LEVEL: 'loud', DATABASE_POOL: '0' })
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(['PORT', 'DATABASE_POOL', 'LOG_LEVEL']);
  });

  it('is never shown: it may be a secret', () => {
    expect(refusal({ MASTER_KEY: 'hunter2hunter2' })).not.toContain('hunter2');
    expect(refusal({ DATABASE_URL: 'mysql://owner:hunter2@db/x' })).not.toContain('hunter2');
  });
});

describe('variables that do not go together', () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['a service login alone may not migrate', { SERVICE_DATABASE_URL: DATABASE_URL }, 'MIGRATE should be false'],
    [
      'own tenants and the development issuer',
      { TENANTS, DEVELOPMENT_ISSUER: 'true' },
      'TENANTS and DEVELOPMENT_ISSUER exclude each other',
    ],
    ['no tenants and no development issuer', { DEVELOPMENT_ISSUER: 'false' }, 'TENANTS is missing'],
    [
      'a key file that is not there',
      { MASTER_KEY_FILE: '/nowhere/master.key' },
      'MASTER_KEY or MASTER_KEY_FILE is missing',
    ],
  ])('%s', (_what, environment, message) => {
    expect(refusal(environment)).toContain(message);
  });

  it('do go together where they should', () => {
    expect(read({ SERVICE_DATABASE_URL: DATABASE_URL, MIGRATE: 'false' })).toMatchObject({
      serviceDatabaseUrl: DATABASE_URL,
      migrate: false,
    });
    expect(read({ TENANTS })).toMatchObject({ developmentIssuer: false, tenants: JSON.parse(TENANTS) as object });
    expect(read({ PORT: '0', HOST: '::', METRICS_PORT: '9090' })).toMatchObject({
      port: 0,
      publicUrl: 'http://127.0.0.1:0',
      metricsPort: 9090,
    });
    expect(read({ HOST: '::1' }).publicUrl).toBe('http://[::1]:3000');
    expect(read({ PUBLIC_URL: 'https://countersign.bank.example/' })).toMatchObject({
      publicUrl: 'https://countersign.bank.example',
      tenants: [{ issuer: 'https://countersign.bank.example/oidc/northbank' }, {}],
    });
  });
});

describe('production', () => {
  const production = { NODE_ENV: 'production', TENANTS, MASTER_KEY: KEY, SIGNING_KEY, DATABASE_URL };

  it("serves the bank's own tenants under a given key", () => {
    expect(read(production)).toMatchObject({
      production: true,
      developmentIssuer: false,
      masterKey: Buffer.alloc(32, 7),
    });
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    [
      'the development issuer',
      { ...production, TENANTS: undefined, DEVELOPMENT_ISSUER: 'true' },
      'DEVELOPMENT_ISSUER is refused',
    ],
    ['to be without tenants', { ...production, TENANTS: undefined }, 'TENANTS is missing'],
    ['to make up a master key', { ...production, MASTER_KEY: undefined }, 'MASTER_KEY or MASTER_KEY_FILE is missing'],
    [
      'to make up a signing key',
      { ...production, SIGNING_KEY: undefined },
      'SIGNING_KEY or SIGNING_KEY_FILE is missing',
    ],
    ['a witness in clear', { ...production, WITNESS_URL: 'http://witness.example/' }, 'WITNESS_URL should be https'],
  ])('refuses %s', (_what, environment, message) => {
    expect(refusal(environment)).toContain(message);
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
  });
});

describe('the master key', () => {
  it('is generated once in development, readable by its owner alone', () => {
    const { masterKey } = read();
    expect(masterKey).toHaveLength(32);
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
    expect(read().masterKey).toEqual(masterKey);
  });

  it('is read from a file, in base64 or hex', () => {
    const file = join(folder, 'key');
    for (const text of [KEY, Buffer.alloc(32, 7).toString('hex')]) {
      writeFileSync(file, `${text}\n`);
      expect(read({ MASTER_KEY_FILE: file }).masterKey).toEqual(Buffer.alloc(32, 7));
    }
    writeFileSync(file, 'nothing of the kind');
    expect(refusal({ MASTER_KEY_FILE: file })).toContain('MASTER_KEY_FILE should be exactly 32 random bytes');
    chmodSync(file, 0o600);
  });
});

/** The key itself, where no command stands in its place. */
const keyOf = ({ signing }: ReturnType<typeof readConfig>): KeyObject => {
  if (!('key' in signing)) throw new Error('a command signs');
  return signing.key;
};

describe('the signing key', () => {
  it('is generated once in development, readable by its owner alone', () => {
    const signingKey = keyOf(read());
    expect(signingKey.asymmetricKeyType).toBe('ed25519');
    expect(statSync(join(folder, 'signing.key')).mode & 0o777).toBe(0o600);
    expect(keyOf(read()).equals(signingKey)).toBe(true);
  });

  it('is read from a file or the environment, as PEM or JWK', () => {
    const file = join(folder, 'key');
    writeFileSync(file, SIGNING_KEY.replaceAll('\\n', '\n'));
    const signingKey = keyOf(read({ SIGNING_KEY_FILE: file }));
    expect(keyOf(read({ SIGNING_KEY })).equals(signingKey)).toBe(true);
    expect(keyOf(read({ SIGNING_KEY: JSON.stringify(signingKey.export({ format: 'jwk' })) })).equals(signingKey)).toBe(
      true,
    );
    writeFileSync(file, 'nothing of the kind');
    expect(refusal({ SIGNING_KEY_FILE: file })).toContain('SIGNING_KEY_FILE should be an Ed25519 private key');
    expect(refusal({ SIGNING_KEY_FILE: join(folder, 'none') })).toContain('SIGNING_KEY or SIGNING_KEY_FILE is missing');
  });

  it('can be elsewhere, behind a command that sees none of our settings', () => {
    const SIGNING_PUBLIC_KEY = createPublicKey(SIGNING_KEY.replaceAll('\\n', '\n'))
      .export({ format: 'pem', type: 'spki' })
      .toString();
    const SIGNING_COMMAND = '["/usr/local/bin/sign","--key","1"]';
    expect(
      read({ SIGNING_COMMAND, SIGNING_PUBLIC_KEY, MASTER_KEY: KEY, DATABASE_URL, HSM_PIN: '1234' }).signing,
    ).toEqual({
      command: ['/usr/local/bin/sign', '--key', '1'],
      publicJwk: { kty: 'OKP', crv: 'Ed25519', x: expect.any(String) },
      environment: { HSM_PIN: '1234' },
    });
    expect(existsSync(join(folder, 'signing.key'))).toBe(false);
    expect(refusal({ SIGNING_COMMAND })).toContain('belong together');
    expect(refusal({ SIGNING_PUBLIC_KEY })).toContain('belong together');
    expect(refusal({ SIGNING_COMMAND, SIGNING_PUBLIC_KEY, SIGNING_KEY })).toContain('exclude each other');
    for (const wrong of ['sign', '[]', '[1]', '[""]', '{}'])
      expect(refusal({ SIGNING_COMMAND: wrong, SIGNING_PUBLIC_KEY })).toContain(
        'SIGNING_COMMAND should be a JSON array',
      );
    expect(refusal({ SIGNING_COMMAND, SIGNING_PUBLIC_KEY: KEY })).toContain(
      'SIGNING_PUBLIC_KEY should be an Ed25519 public key',
    );
  });
});
