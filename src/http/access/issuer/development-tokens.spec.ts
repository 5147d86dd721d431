import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIssuerServer } from '../../../../test/support/issuer-server.js';
import type { IssuerServer } from '../../../../test/support/issuer-server.js';
import { fetchDevelopmentToken } from './development-tokens.js';
import type { DevelopmentTokenRequest } from './development-tokens.js';
import { ensureIssuerSecrets } from './issuer-file.js';

const PUBLIC_URL = 'https://dev.example/bank';
let running: IssuerServer;

beforeAll(async () => {
  running = await startIssuerServer(PUBLIC_URL);
});

afterAll(() => running.stop());

const token = (change: Partial<DevelopmentTokenRequest> = {}) =>
  fetchDevelopmentToken({
    serviceUrl: running.serviceUrl,
    dataDirectory: running.dataDirectory,
    tenant: 'northbank',
    identity: 'app',
    ...change,
  });

describe('fetchDevelopmentToken, where the public address cannot be reached', () => {
  it.each(['app', 'agent:chioma'])('gets a token for %s', async (identity) => {
    expect(decodeJwt(await token({ identity })).iss).toBe(`${PUBLIC_URL}/oidc/northbank`);
  });

  it('and every address that the issuer names is the public one', async () => {
    const document = (await (
      await fetch(`${running.serviceUrl}/oidc/northbank/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    const addresses = Object.values(document).filter((value) => String(value).startsWith('http'));
    expect(addresses.length).toBeGreaterThanOrEqual(4);
    for (const address of addresses) expect(address).toMatch(/^https:\/\/dev\.example\/bank\/oidc\/northbank/);
  });
});

describe('fetchDevelopmentToken says what is wrong', () => {
  it.each<[string, Partial<DevelopmentTokenRequest>, string]>([
    ['an unknown identity', { identity: 'root' }, 'no identity "root"'],
    ['an unknown tenant', { tenant: 'eastbank' }, 'no development issuer for tenant "eastbank"'],
    ['no service', { serviceUrl: 'http://127.0.0.1:9' }, 'No service answers'],
    ['another data directory', { dataDirectory: '/nonexistent' }, 'Set DATA_DIR'],
  ])('%s', async (_case, change, message) => {
    await expect(token(change)).rejects.toThrow(message);
  });

  it('a data directory with other secrets', async () => {
    const other = await mkdtemp(join(tmpdir(), 'countersign-other-'));
    await ensureIssuerSecrets(other, 'northbank');
    await expect(token({ dataDirectory: other })).rejects.toThrow('runs on another data directory');
    await rm(other, { recursive: true });
  });
});
