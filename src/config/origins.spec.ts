import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';
import { readOrigin } from './origins.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SIGNING_KEY =
  '-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIOtLP4BgpPHjtNCeMwunRU+maqjoQV+I2DCIGSOw5SzH\\n-----END PRIVATE KEY-----';
const read = (environment: NodeJS.ProcessEnv) => readConfig({ MASTER_KEY: KEY, SIGNING_KEY, ...environment });

describe('an origin', () => {
  it.each([
    'https://bank.example',
    'https://bank.example:8443',
    'http://localhost:5173',
    'http://127.0.0.1:8080',
    'http://[::1]:1',
  ])('is %s', (origin) => expect(readOrigin(origin)).toBe(origin));

  it.each([
    ...['*', 'null', '', 'bank.example', 'https://*.bank.example', 'https://bank.example/', 'https://bank.example/app'],
    ...['https://bank.example:443', 'https://BANK.example', 'https://user@bank.example', 'http://bank.example'],
    ...['ftp://bank.example', 'file:///etc', 'http://localhost.evil.example', 'http://127.0.0.1.evil.example', 5, null],
  ])('is not %s', (value) => expect(readOrigin(value)).toBeNull());
});

describe('the origins of a tenant', () => {
  const TENANTS = (corsOrigins?: unknown) => JSON.stringify([{ id: 'a', issuer: 'https://a.example', corsOrigins }]);

  it('are none where nobody names any', () => {
    expect(read({}).tenants.map(({ corsOrigins }) => corsOrigins)).toEqual([undefined, undefined]);
    expect(read({ TENANTS: TENANTS() }).tenants[0]!.corsOrigins).toBeUndefined();
  });

  it('are its own, and else those of the service', () => {
    const CORS_ORIGINS = 'https://b.example, http://localhost:5173';
    const ofService = ['https://b.example', 'http://localhost:5173'];
    expect(read({ CORS_ORIGINS }).tenants.map(({ corsOrigins }) => corsOrigins)).toEqual([ofService, ofService]);
    expect(read({ CORS_ORIGINS, TENANTS: TENANTS() }).tenants[0]!.corsOrigins).toEqual(ofService);
    expect(read({ CORS_ORIGINS, TENANTS: TENANTS([]) }).tenants[0]!.corsOrigins).toEqual([]);
    expect(read({ TENANTS: TENANTS(['https://c.example']) }).tenants[0]!.corsOrigins).toEqual(['https://c.example']);
  });

  it.each([
    { CORS_ORIGINS: '*' },
    { CORS_ORIGINS: 'https://a.example,null' },
    { CORS_ORIGINS: 'https://a.example/' },
    { TENANTS: TENANTS('https://a.example') },
    { TENANTS: TENANTS(['*']) },
    { TENANTS: TENANTS([5]) },
  ])('are refused at start: %j', (environment) => {
    expect(() => read(environment)).toThrow(ConfigError);
  });
});
