import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const browser = useBrowser();
let site: Server;
let origin: string;
let service: TestService;

/** A page of another origin than the service's, with no server of its own behind it. */
beforeAll(async () => {
  const page = '<!DOCTYPE html><title>A desk</title><link rel="icon" href="data:,">';
  site = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(page));
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  service = await startTestService({ CORS_ORIGINS: origin });
});
afterAll(async () => {
  await service.stop();
  site.close();
});

it('a page on another origin signs an agent in, declares a call, follows its stream and ends it', async () => {
  const page = await browser.open();
  await page.goto(`${origin}/desk`);
  await page.evaluate(async (issuer) => {
    const { location, sessionStorage } = globalThis as any;
    const text = (bytes: Uint8Array): string =>
      btoa(String.fromCharCode(...bytes))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/=+$/, '');
    const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
    sessionStorage.setItem('verifier', verifier);
    const challenge = text(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
    const read = async (address: string, init?: RequestInit): Promise<any> => (await fetch(address, init)).json();
    const { authorization_endpoint: endpoint } = await read(`${issuer}/.well-known/openid-configuration`);
    const query = new URLSearchParams({
      client_id: 'countersign-console',
      redirect_uri: location.href,
      response_type: 'code',
      scope: 'openid profile agent',
      state: 'a-state-of-this-page',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    location.assign(`${endpoint}?${query}`);
  }, `${service.url}/oidc/northbank`);
  await page.getByRole('button', { name: 'Amara Okafor' }).click();
  await page.waitForURL(`${origin}/desk?**`);
  const done = await page.evaluate(
    async ({ api, customerId, line }) => {
      const { location, sessionStorage } = globalThis as any;
      const arrived = new URLSearchParams(location.search);
      const issuer = `${api}/oidc/northbank`;
      const read = async (address: string, init?: RequestInit): Promise<any> => (await fetch(address, init)).json();
      const { token_endpoint: endpoint } = await read(`${issuer}/.well-known/openid-configuration`);
      const { access_token: token } = await read(endpoint, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'countersign-console',
          code: arrived.get('code')!,
          redirect_uri: `${location.origin}/desk`,
          code_verifier: sessionStorage.getItem('verifier')!,
        }),
      });
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const me = await read(`${api}/v1/me`, { headers });
      const body = JSON.stringify({ customerId, direction: 'outbound', line, purpose: 'A payment we stopped' });
      const call = await read(`${api}/v1/calls`, { method: 'POST', headers, body });
      const stream = await fetch(`${api}/v1/calls/${call.id}/stream`, { headers });
      const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
      const ended = await read(`${api}/v1/calls/${call.id}/end`, { method: 'POST', headers });
      let heard = '';
      while (!heard.includes('event: call.ended')) {
        const { value, done: closed } = await reader.read();
        if (closed) break;
        heard += value;
      }
      await reader.cancel();
      return { state: arrived.get('state'), me, agent: call.agent, ended: ended.state, heard };
    },
    { api: service.url, customerId: newCustomerId(), line: LINE },
  );
  expect(done).toMatchObject({
    state: 'a-state-of-this-page',
    me: { tenant: 'northbank', subject: 'amara', scopes: ['agent'] },
    agent: { id: 'amara', name: 'Amara Okafor' },
    ended: 'ended',
  });
  expect(done.heard).toContain('event: call.declared');
  expect(done.heard).toContain('event: call.ended');
});
