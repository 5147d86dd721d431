import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSigningKey, signAccessToken, TokenIssuer } from '../support/token-issuer.js';
import type { SigningKey } from '../support/token-issuer.js';
import { useBrowser } from '../support/browser.js';
import { expectProblem, type RawReply, type RawRequest, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const browser = useBrowser();
/** An origin that may ask, and one that may not: the same page, served on two ports. */
let pages: [Server, Server];
let [origin, stranger] = ['', ''];
let service: TestService;
let token: string;

function servePage(): Promise<Server> {
  const page = '<!DOCTYPE html><title>A page of the bank</title><link rel="icon" href="data:,">';
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(page));
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}
const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  pages = [await servePage(), await servePage()];
  [origin, stranger] = [originOf(pages[0]), originOf(pages[1])];
  service = await startTestService({ CORS_ORIGINS: `https://console.bank.example,${origin}` });
  token = await service.token('agent:amara');
});
afterAll(async () => {
  await service.stop();
  for (const server of pages) server.close();
});

const ask = (request: RawRequest): Promise<RawReply> => send(service.url, request);
const preflight = (path: string, headers: Record<string, string | string[]> = {}, from = origin): Promise<RawReply> =>
  ask({ method: 'OPTIONS', path, headers: { origin: from, 'access-control-request-method': 'POST', ...headers } });
const accessHeaders = ({ headers }: RawReply): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('a preflight', () => {
  it('is answered without a token, with what the address takes', async () => {
    const reply = await preflight('/v1/calls', { 'access-control-request-headers': 'authorization,content-type' });
    expect(reply).toMatchObject({
      status: 204,
      text: '',
      headers: {
        allow: 'GET, HEAD, POST, OPTIONS',
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST',
        'access-control-max-age': '600',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      },
    });
    const headers = reply.headers['access-control-allow-headers']!.toLowerCase().split(', ');
    for (const name of [
      'authorization',
      'content-type',
      'idempotency-key',
      'if-match',
      'if-none-match',
      'last-event-id',
    ])
      expect(headers).toContain(name);
    expect(headers).toEqual(expect.arrayContaining(['dpop', 'accept-language']));
    expect(reply.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('of an origin that is nobody’s is answered without a word of it', async () => {
    for (const from of [
      stranger,
      'null',
      'https://console.bank.example.evil.example',
      `${origin}/`,
      origin.toUpperCase(),
      '*',
      '',
    ]) {
      const reply = await preflight('/v1/calls', {}, from);
      expect(reply.status, from).toBe(204);
      expect(accessHeaders(reply), from).toEqual([]);
    }
  });

  it('of an address that is none is 404', async () => {
    expectProblem(await preflight('/v1/nothing'), 404, 'not-found');
  });

  it('with a hundred headers asked for, or a hundred of its own, gets the same short answer', async () => {
    const usual = await preflight('/v1/calls');
    const many = Array.from({ length: 100 }, (_, at) => `x-header-${at}`);
    const own = Object.fromEntries(many.map((name) => [name, 'x']));
    for (const headers of [{ 'access-control-request-headers': many.join(',') }, own]) {
      const reply = await preflight('/v1/calls', headers);
      expect(reply.headers['access-control-allow-headers']).toBe(usual.headers['access-control-allow-headers']);
      expect(JSON.stringify(reply.headers)).not.toContain('x-header-1');
    }
    expectProblem(await preflight('/v1/calls', { 'access-control-request-headers': 'x'.repeat(20_000) }), 400);
    expect(await preflight('/v1/calls', { 'access-control-request-headers': ['a', 'b'] })).toMatchObject({
      status: 204,
    });
  });
});

describe('an answer to another origin', () => {
  const told = { 'access-control-allow-origin': expect.any(String), vary: expect.stringContaining('Origin') };

  it('says what the page may read, also where it is a refusal', async () => {
    const headers = { origin, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const large = JSON.stringify({ customerId: 'x'.repeat(70_000) });
    const replies: [number, RawReply][] = [
      [401, await ask({ path: '/v1/calls', headers: { origin } })],
      [401, await ask({ path: '/v1/calls', headers: { origin, authorization: 'Bearer x' } })],
      [403, await ask({ path: '/v1/policy', headers })],
      [404, await ask({ path: '/v1/calls/call_x', headers })],
      [404, await ask({ path: '/v1/nothing', headers })],
      [405, await ask({ method: 'DELETE', path: '/v1/calls', headers })],
      [400, await ask({ path: '/v1/calls/%zz', headers })],
      [400, await ask({ method: 'POST', path: '/v1/calls', headers, body: '{' })],
      [413, await ask({ method: 'POST', path: '/v1/calls', headers, body: large })],
      [
        415,
        await ask({
          method: 'POST',
          path: '/v1/calls',
          headers: { ...headers, 'content-encoding': 'gzip' },
          body: 'x',
        }),
      ],
    ];
    for (const [status, reply] of replies) {
      expect(reply, String(status)).toMatchObject({
        status,
        headers: { ...told, 'access-control-allow-origin': origin },
      });
      const shown = String(reply.headers['access-control-expose-headers']).split(', ');
      for (const name of ['WWW-Authenticate', 'Retry-After', 'X-Request-Id', 'ETag', 'Link', 'Location'])
        expect(shown).toContain(name);
      expect(shown).toEqual(expect.arrayContaining(['Idempotency-Replayed', 'DPoP-Nonce']));
    }
  });

  it('keeps what a route itself varies by', async () => {
    const headers = { origin, authorization: `Bearer ${await service.token('analyst')}` };
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: (await service.customerWithDevice()).customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      verify: true,
    });
    const reply = await ask({ path: `/v1/evidence/${call.verification.id}`, headers });
    expect(reply).toMatchObject({
      status: 200,
      headers: { vary: 'Origin, Accept', 'access-control-allow-origin': origin },
    });
  });

  it('of an origin that is nobody’s is given as to a program, and told to no page', async () => {
    const reply = await ask({ path: '/v1/calls', headers: { origin: stranger, authorization: `Bearer ${token}` } });
    expect(reply).toMatchObject({ status: 200, headers: { vary: 'Origin' } });
    expect(accessHeaders(reply)).toEqual([]);
  });
});

describe('a service of several tenants', () => {
  let several: TestService;
  const issuers: Record<string, { issuer: TokenIssuer; key: SigningKey }> = {};
  beforeAll(async () => {
    for (const id of ['north', 'south']) {
      const [issuer, key] = [await new TokenIssuer().start(), await newSigningKey(id)];
      issuer.keys = [key.jwk];
      issuers[id] = { issuer, key };
    }
    const TENANTS = JSON.stringify([
      { id: 'north', issuer: issuers.north!.issuer.url, corsOrigins: ['https://north.example'] },
      { id: 'south', issuer: issuers.south!.issuer.url },
    ]);
    several = await startTestService({ TENANTS, CORS_ORIGINS: 'https://south.example' });
  });
  afterAll(async () => {
    await several.stop();
    for (const { issuer } of Object.values(issuers)) issuer.stop();
  });
  const read = async (tenant: string, from: string, method = 'GET'): Promise<RawReply> => {
    const { issuer, key } = issuers[tenant]!;
    const authorization = `Bearer ${await signAccessToken(key, issuer.claims({ scope: 'admin' }))}`;
    return send(several.url, { method, path: '/v1/lines', headers: { origin: from, authorization } });
  };

  it('holds each to its own origins once it knows whose token it is', async () => {
    for (const tenant of ['north', 'south'])
      expect(await read(tenant, `https://${tenant}.example`)).toMatchObject({
        status: 200,
        headers: { 'access-control-allow-origin': `https://${tenant}.example` },
      });
    for (const [tenant, other] of [
      ['north', 'south'],
      ['south', 'north'],
    ] as const) {
      const reply = await read(tenant, `https://${other}.example`);
      expectProblem(reply, 403, 'forbidden');
      expect(accessHeaders(reply)).toEqual([]);
    }
  });

  it('answers a preflight of either', async () => {
    for (const from of ['https://north.example', 'https://south.example'])
      expect(
        await send(several.url, {
          method: 'OPTIONS',
          path: '/v1/lines/%2B44',
          headers: { origin: from, 'access-control-request-method': 'PUT' },
        }),
      ).toMatchObject({
        status: 204,
        headers: { 'access-control-allow-origin': from, 'access-control-allow-methods': 'DELETE, PUT' },
      });
  });
});

describe('a page on another origin, in a browser', () => {
  it('declares a call, follows its stream, reads refusals and ends the call', async () => {
    const device = await service.customerWithDevice();
    const page = await browser.open({ expected: [/status of 401/] });
    await page.goto(origin);
    const seen = await page.evaluate(
      async ({ api, token, customerId, line }) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const body = JSON.stringify({ customerId, direction: 'outbound', line, purpose: 'A payment we stopped' });
        const declared = await fetch(`${api}/v1/calls`, {
          method: 'POST',
          headers: { ...headers, 'idempotency-key': 'from-a-page-1' },
          body,
        });
        const call = (await declared.json()) as { id: string };
        const stream = await fetch(`${api}/v1/calls/${call.id}/stream`, {
          headers: { ...headers, 'last-event-id': '' },
        });
        const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
        const ended = await fetch(`${api}/v1/calls/${call.id}/end`, { method: 'POST', headers });
        let text = '';
        while (!text.includes('call.ended')) {
          const { value, done } = await reader.read();
          if (done) break;
          text += value;
        }
        await reader.cancel();
        const refused = await fetch(`${api}/v1/calls/${call.id}`, { headers: { authorization: 'Bearer nothing' } });
        return {
          statuses: [declared.status, stream.status, ended.status, refused.status],
          challenge: refused.headers.get('www-authenticate'),
          requestId: refused.headers.get('x-request-id'),
          problem: (await refused.json()) as { type: string },
          text,
        };
      },
      { api: service.url, token, customerId: device.customerId, line: LINE },
    );
    expect(seen).toMatchObject({
      statuses: [201, 200, 200, 401],
      challenge: 'Bearer error="invalid_token"',
      requestId: expect.any(String),
      problem: { type: expect.stringMatching(/\/problems\/unauthorized$/) },
      text: expect.stringContaining('countersign.call.ended'),
    });
  });

  it('that is nobody’s reads nothing, and can change nothing', async () => {
    const page = await browser.open({ expected: [/CORS policy/, /ERR_FAILED/] });
    await page.goto(stranger);
    const customerId = newCustomerId();
    const outcomes = await page.evaluate(
      async ({ api, token, customerId }) => {
        const headers = { authorization: `Bearer ${token}` };
        const tries = [
          fetch(`${api}/v1/calls`, { headers }),
          fetch(`${api}/v1/customers/${customerId}`, {
            method: 'PUT',
            headers: { ...headers, 'content-type': 'application/json' },
            body: '{"phoneNumbers":[]}',
          }),
        ];
        return (await Promise.allSettled(tries)).map(({ status }) => status);
      },
      { api: service.url, token: await service.token('admin'), customerId },
    );
    expect(outcomes).toEqual(['rejected', 'rejected']);
    expect(await service.sql('SELECT 1 FROM customers WHERE id = $1', [customerId])).toEqual([]);
  });
});
