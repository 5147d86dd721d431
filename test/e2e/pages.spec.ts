import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configuredTenants } from '../../src/boot/tenants/at-start.js';
import { shownPages } from '../../src/boot/tenants/values.js';
import { readConfig } from '../../src/config/config.js';
import type { PagesOfTenants } from '../../src/config/tenant-pages.js';
import { buildPages } from '../support/built-pages.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { CARD_LINE, LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  buildPages();
  service = await startTestService({
    REFERENCE_CHECKS_PER_MINUTE: '50',
    PAGES: JSON.stringify({ southbank: { name: 'South & "Bank" <plc>', frameAncestors: ['https://bank.example'] } }),
  });
}, 120_000);
afterAll(() => service?.stop());

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetchAdmitted(service.url + path, { redirect: 'manual', ...init });

describe('the pages for customers', () => {
  it('are the first tenant’s where none is named, and each one’s own by its name', async () => {
    for (const path of ['/my', '/my/northbank', '/check', '/check/northbank']) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const html = await response.text();
      expect(html).toContain('content="northbank"');
      expect(html).not.toMatch(/__\w+__|<style|style=|onclick|<script(?![^>]* src=)/);
    }
    const south = await (await get('/my/southbank')).text();
    expect(south).toContain('<h1>South &#38; &#34;Bank&#34; &#60;plc&#62;</h1>');
  });

  it('run their own scripts and nothing else, in no frame but those that the tenant names', async () => {
    const north = await get('/my');
    const policy = north.headers.get('content-security-policy')!;
    for (const directive of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      expect(policy.split('; ')).toContain(directive);
    expect(policy).not.toMatch(/unsafe|\*|data:|https:(?!\/\/)/);
    expect(north.headers.get('x-frame-options')).toBe('DENY');
    expect(north.headers.get('referrer-policy')).toBe('no-referrer');
    const south = await get('/my/southbank');
    expect(south.headers.get('content-security-policy')).toContain('frame-ancestors https://bank.example;');
    expect(south.headers.get('x-frame-options')).toBeNull();
  });

  it('have assets that never change under their names, and a service worker that is always asked for anew', async () => {
    const html = await (await get('/my')).text();
    const assets = [...html.matchAll(/(?:src|href)="(\/pages\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets.length).toBeGreaterThan(1);
    for (const path of assets) {
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    const worker = await get('/my/worker.js');
    expect(worker.headers.get('service-worker-allowed')).toBe('/my');
    expect(worker.headers.get('cache-control')).toBe('no-cache');
    expect(await worker.text()).toContain('/pages/customer/assets/');
    const manifest = await (await get('/my/southbank/manifest.webmanifest')).json();
    expect(manifest).toMatchObject({ start_url: '/my/southbank', name: 'South & "Bank" <plc>: is it really us?' });
  });

  it.each([
    '/my/otherbank',
    '/check/otherbank',
    '/pages/customer/assets/..%2f..%2f..%2fpackage.json',
    '/pages/customer/assets/nothing.js',
    '/pages/customer/assets/',
    '/pages/customer/.built.json',
    '/pages/customer/my.html',
    '/my/northbank/x',
    '/v1/public/otherbank/settings',
  ])('%s is not there', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

describe('what the pages ask without a token', () => {
  it('is who the bank is and where its customers sign in', async () => {
    const response = await get('/v1/public/northbank/settings');
    expect(await response.json()).toEqual({
      tenant: 'northbank',
      name: 'Northbank',
      cardNumber: '020 7946 0199',
      locale: 'en',
      signIn: {
        issuer: `${service.url}/oidc/northbank`,
        clientId: 'countersign-my',
        scope: 'openid offline_access customer',
        claim: 'customer_id',
      },
    });
  });

  it('is of a reference no more than a signed-in agent is told, and of another bank’s nothing', async () => {
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: 'c-1',
      direction: 'outbound',
      line: LINE,
      purpose: 'Secret',
    });
    const { body: inbound } = await service.amara.post('/v1/calls', {
      customerId: 'c-1',
      direction: 'inbound',
      line: CARD_LINE,
      purpose: 'Secret',
    });
    for (const { reference } of [call, inbound]) {
      const response = await get(`/v1/public/northbank/references/${reference.toLowerCase()}`);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const said: any = await response.json();
      expect(said).toEqual((await service.app.get(`/v1/references/${reference}`)).body);
      expect(JSON.stringify(said)).not.toMatch(/c-1|Secret|amara/i);
    }
    const refused = await Promise.all(
      [
        `northbank/references/K7QM-2D4F`,
        `northbank/references/K7QM-2D42`,
        `northbank/references/nothing`,
        `southbank/references/${call.reference}`,
        `otherbank/references/${call.reference}`,
      ].map(async (path) => {
        const response = await get(`/v1/public/${path}`);
        return [response.status, await response.text()];
      }),
    );
    expect(new Set(refused.map(String)).size, 'one refusal for all').toBe(1);
    expect(refused[0]![0]).toBe(404);
  });

  it('is refused with 429 beyond so many in a minute, whatever is asked and of whom', async () => {
    let refused: Response | undefined;
    for (let asked = 0; asked < 60 && refused?.status !== 429; asked += 1)
      refused = await get(`/v1/public/${asked % 2 ? 'northbank' : 'otherbank'}/references/K7QM-2D4F`);
    expect(refused!.status).toBe(429);
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await get('/v1/public/northbank/settings')).status).toBe(200);
  });
});

describe('in production', () => {
  const production = { NODE_ENV: 'production', MASTER_KEY: '07'.repeat(32), SIGNING_COMMAND: '["true"]' };
  const issuer = 'https://login.bank.example';
  const configured = (tenant: object, more: NodeJS.ProcessEnv = {}): PagesOfTenants => {
    const config = readConfig({
      ...production,
      TENANTS: JSON.stringify([{ id: 'bank', issuer, ...tenant }]),
      SIGNING_PUBLIC_KEY: PUBLIC_KEY,
      ...more,
    });
    return shownPages(configuredTenants(config), config);
  };
  const PUBLIC_KEY = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' });

  it('a tenant that names no issuer for its customers has no pages, and one that PAGES names has /check alone', () => {
    expect(configured({}).get('bank')).toBeUndefined();
    expect(configured({}).first(() => true)).toBeUndefined();
    expect(configured({}, { PAGES: '{"bank":{}}' }).get('bank')).toMatchObject({
      name: 'Bank',
      cardNumber: null,
      signIn: null,
    });
    const customerIssuer = { issuer: 'https://customers.bank.example', claim: 'customer_id' };
    expect(configured({ customerIssuer }).get('bank')!.signIn).toMatchObject({ issuer: customerIssuer.issuer });
  });

  it('what is said of the pages of a tenant may stand in its own entry, and not in PAGES too', () => {
    const pages = { name: 'The Bank', consoleClientId: 'desk' };
    expect(configured({ pages }).get('bank')).toMatchObject({
      name: 'The Bank',
      signIn: null,
      console: { issuer, clientId: 'desk' },
    });
    expect(configured({ pages: {} }).get('bank')!.console).toBeNull();
    expect(() => configured({ pages }, { PAGES: '{"bank":{}}' })).toThrow(/PAGES names a tenant whose entry/);
  });

  it.each([[[]], [1], [null], [{ colour: 'red' }], [{ name: '' }], [{ frameAncestors: ['*'] }]])(
    'an entry of TENANTS with the pages %j is refused at the start',
    (pages) => {
      expect(() => configured({ pages })).toThrow(/`pages` has nothing but `name`/);
    },
  );

  it.each([
    '[]',
    '{"bank":1}',
    '{"bank":{"colour":"red"}}',
    '{"bank":{"name":""}}',
    '{"bank":{"frameAncestors":["https://a.example; script-src *"]}}',
    '{"bank":{"frameAncestors":["*"]}}',
    '{"other":{}}',
  ])('PAGES=%s is refused at the start', (PAGES) => {
    expect(() => configured({}, { PAGES })).toThrow(/PAGES/);
  });
});
