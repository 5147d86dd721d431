import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configuredTenants } from '../../src/boot/tenants/at-start.js';
import { shownPages } from '../../src/boot/tenants/values.js';
import { readConfig } from '../../src/config/config.js';
import { buildPages } from '../support/built-pages.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  buildPages();
  service = await startTestService({
    PAGES: JSON.stringify({
      southbank: {
        name: 'South & "Bank" <plc>',
        frameAncestors: ['https://bank.example'],
        consoleClientId: '"><script>',
        consoleScope: 'openid agent',
      },
    }),
  });
}, 120_000);
afterAll(() => service?.stop());

const get = (path: string): Promise<Response> => fetchAdmitted(service.url + path, { redirect: 'manual' });

describe('the console', () => {
  it('is one page at all addresses of a tenant, and the first tenant’s where none is named', async () => {
    for (const path of [
      '/console',
      '/console/northbank',
      '/console/northbank/changes/chg_01',
      '/console/southbank/desk',
    ]) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(response.headers.get('set-cookie')).toBeNull();
      const html = await response.text();
      expect(html).toContain(`content="${path.includes('south') ? 'southbank' : 'northbank'}"`);
      expect(html).not.toMatch(/__\w+__|<style|style=|onclick|<script(?![^>]* src=)/);
    }
    const north = await (await get('/console')).text();
    expect(north).toContain(`content="${service.url}/oidc/northbank"`);
    expect(north).toContain('content="countersign-console"');
    const south = await (await get('/console/southbank')).text();
    expect(south).toContain('content="&#34;&#62;&#60;script&#62;"');
    expect(south).toContain('<title>South &#38; &#34;Bank&#34; &#60;plc&#62;</title>');
  });

  it('runs its own scripts and nothing else, and is in no frame, whatever frames the pages for customers', async () => {
    const response = await get('/console/southbank');
    const policy = response.headers.get('content-security-policy')!;
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      expect(policy.split('; ')).toContain(directive);
    expect(policy).not.toMatch(/unsafe|\*|data:|https:/);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('has assets that never change under their names', async () => {
    const html = await (await get('/console')).text();
    const assets = [...html.matchAll(/(?:src|href)="(\/pages\/console\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(1);
    for (const path of assets) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
  });

  it.each([
    '/console/otherbank',
    '/console/otherbank/desk',
    '/pages/console/assets/nothing.js',
    '/pages/console/assets/..%2f..%2f..%2fpackage.json',
    '/pages/console/.built.json',
    '/pages/console/console.html',
  ])('%s is not there', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

describe('in production', () => {
  const PUBLIC_KEY = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });
  const consoleOf = (pages: object): unknown => {
    const config = readConfig({
      NODE_ENV: 'production',
      MASTER_KEY: '07'.repeat(32),
      SIGNING_COMMAND: '["true"]',
      SIGNING_PUBLIC_KEY: PUBLIC_KEY,
      DATABASE_URL: 'postgres://127.0.0.1/x',
      TENANTS: JSON.stringify([{ id: 'bank', issuer: 'https://login.bank.example' }]),
      PAGES: JSON.stringify({ bank: pages }),
    });
    return shownPages(configuredTenants(config), config).get('bank')!.console;
  };

  it('there is a console where its client is named, and nowhere else', () => {
    expect(consoleOf({})).toBeNull();
    expect(consoleOf({ consoleClientId: 'desk' })).toEqual({
      issuer: 'https://login.bank.example',
      clientId: 'desk',
      scope: 'openid offline_access agent supervisor analyst admin',
    });
    expect(consoleOf({ consoleClientId: 'desk', consoleScope: 'openid agent' })).toMatchObject({
      scope: 'openid agent',
    });
  });
});
