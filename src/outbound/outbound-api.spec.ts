import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiServer, CLIENT, type Reply } from '../../test/support/api-server.js';
import { CircuitOpen } from './circuit-breaker.js';
import { OutboundApi, OutboundFailure, type OutboundApiOptions } from './outbound-api.js';

describe('OutboundApi', () => {
  let server: ApiServer;
  let clock: number;
  let failures: string[];
  beforeEach(async () => {
    server = await ApiServer.start();
    server.on('/v1/check', () => ({ body: { fine: true } }));
    clock = 0;
    failures = [];
  });
  afterEach(() => server.stop());

  const client = (options: Partial<OutboundApiOptions> = {}) =>
    new OutboundApi(
      {
        baseUrl: `${server.url}/v1/`,
        tokenUrl: server.tokenUrl,
        ...CLIENT,
        timeLimitMs: 1_000,
        scope: 'a:read b:read',
        correlationHeader: 'x-correlator',
        allowLoopbackHttp: true,
        circuit: { failures: 3, openForMs: 1_000 },
        onFailure: ({ message }) => failures.push(message),
        ...options,
      },
      () => clock,
    );
  const post = (api: OutboundApi) => api.post('/check', { number: '+447700900123' });

  it('posts JSON with a client-credential token that it keeps until shortly before it expires', async () => {
    const api = client();
    await expect(post(api)).resolves.toEqual({ status: 200, body: { fine: true } });
    clock += 269_000;
    await post(api);
    expect(server.tokenRequests).toHaveLength(1);
    expect(server.tokenRequests[0]).toMatchObject({
      body: { grant_type: 'client_credentials', scope: 'a:read b:read' },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    clock += 1_000;
    await post(api);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(server.requests[0]).toMatchObject({
      body: { number: '+447700900123' },
      headers: { accept: 'application/json', 'content-type': 'application/json' },
    });
    const correlators = server.requests.map(({ headers }) => headers['x-correlator']);
    expect(new Set(correlators).size).toBe(3);
    expect(correlators.every((value) => /^[0-9a-f-]{36}$/.test(String(value)))).toBe(true);
  });

  it('fetches one token for requests at the same time', async () => {
    const api = client();
    await Promise.all(Array.from({ length: 8 }, () => post(api)));
    expect(server.tokenRequests).toHaveLength(1);
    expect(server.requests).toHaveLength(8);
  });

  it.each([
    [{ expires_in: 20 }, 2],
    [{}, 1],
    [{ expires_in: 'soon' }, 1],
    [{ expires_in: -5 }, 1],
  ])('does not keep a token for longer than it lives: %j', async (life, fetched) => {
    server.token = () => ({ body: { access_token: 'token-1', token_type: 'bearer', ...life } });
    const api = client();
    await post(api);
    await post(api);
    expect(server.tokenRequests).toHaveLength(fetched);
    clock += 31_000;
    await post(api);
    expect(server.tokenRequests).toHaveLength(fetched + 1);
  });

  it('fetches a new token once where the API refuses the one it has', async () => {
    const api = client();
    await post(api);
    server.revoke('token-1');
    await expect(post(api)).resolves.toMatchObject({ status: 200 });
    expect(server.tokenRequests).toHaveLength(2);
    server.revoke('token-2');
    server.revoke('token-3');
    await expect(post(api)).rejects.toThrow('a new token was refused');
    expect(server.tokenRequests).toHaveLength(3);
    expect(server.requests).toHaveLength(5);
  });

  it('passes on what the API says against a request, which is no failure', async () => {
    const api = client();
    for (const status of [400, 403, 404, 409, 422]) {
      server.on('/v1/check', () => ({ status, body: { code: 'NO' } }));
      await expect(post(api)).resolves.toEqual({ status, body: null });
    }
    expect(failures).toEqual([]);
    server.on('/v1/check', () => ({ body: { fine: true } }));
    await expect(post(api)).resolves.toMatchObject({ status: 200 });
  });

  const hang: Reply = () => undefined;
  const trickle: Reply = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"fine"');
  };
  const flood: Reply = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (response.write('"'.padEnd(16_384, 'x')));
    };
    response.on('drain', more);
    more();
  };
  it.each<[string, Reply, string]>([
    ['no answer', hang, 'no answer in time'],
    ['half an answer', trickle, 'no answer in time'],
    ['an endless answer', flood, 'answered with more than 65536 bytes'],
    ['a connection cut off', (response) => response.destroy(), 'no answer (UND_ERR_SOCKET)'],
    ['500', { status: 500, body: {} }, 'answered 500'],
    ['429', { status: 429, body: {} }, 'answered 429'],
    [
      '204',
      (response) => {
        response.writeHead(204).end();
      },
      'answered 204',
    ],
    ['a redirect', { status: 307, headers: { location: '/v1/other' } }, 'answered 307'],
    ['a web page', { type: 'text/html', body: '<p>{"fine":true}' }, 'answered with something other than JSON'],
    ['malformed JSON', { body: '{"fine":true' }, 'answered with malformed JSON'],
    ['nothing', { body: '' }, 'answered with malformed JSON'],
  ])('fails within its time limit for %s', async (_, reply, message) => {
    server.on('/v1/check', () => reply);
    await expect(post(client())).rejects.toThrow(OutboundFailure);
    expect(failures).toEqual([message]);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Reply, string]>([
    ['down', { status: 503 }, 'answered 503'],
    ['hanging', hang, 'no (token|answer) in time'],
    ['refusing', { status: 400, body: { error: 'invalid_scope' } }, 'the token endpoint answered 400'],
    ['without a token', { body: { token_type: 'Bearer' } }, 'the token endpoint gave no bearer token'],
    [
      'with a token that would break a header',
      { body: { access_token: 'a\r\nb: c', token_type: 'Bearer' } },
      'the token endpoint gave no bearer token',
    ],
    [
      'with a token of another kind',
      { body: { access_token: 'token-1', token_type: 'DPoP' } },
      'the token endpoint gave no bearer token',
    ],
  ])('fails where the token endpoint is %s', async (_, reply, message) => {
    server.token = () => reply;
    await expect(post(client())).rejects.toThrow(OutboundFailure);
    expect(failures).toEqual([expect.stringMatching(message)]);
    expect(server.requests).toHaveLength(0);
  });

  it('fails where there is nothing at that address, and recovers', async () => {
    const api = client();
    const { tokenUrl } = server;
    await server.stop();
    await expect(
      post(new OutboundApi({ baseUrl: tokenUrl, tokenUrl, ...CLIENT, timeLimitMs: 1_000, allowLoopbackHttp: true })),
    ).rejects.toThrow('no answer (ECONNREFUSED)');
    server = await ApiServer.start();
    await expect(post(api)).rejects.toThrow(OutboundFailure);
  });

  it('stops asking after failures in a row, probes once, and goes on when that succeeds', async () => {
    const api = client();
    server.on('/v1/check', () => ({ status: 500 }));
    for (let i = 0; i < 3; i += 1) await expect(post(api)).rejects.toThrow('answered 500');
    await expect(post(api)).rejects.toThrow(CircuitOpen);
    clock += 1_000;
    await expect(post(api)).rejects.toThrow('answered 500');
    await expect(post(api)).rejects.toThrow(CircuitOpen);
    expect(server.requests).toHaveLength(4);
    clock += 1_000;
    server.on('/v1/check', () => ({ body: {} }));
    await expect(post(api)).resolves.toMatchObject({ status: 200 });
    await expect(post(api)).resolves.toMatchObject({ status: 200 });
  });

  it('keeps secrets and what was sent out of what it says of a failure', async () => {
    server.on('/v1/check', (request) => ({ body: `${request.headers.authorization} ${JSON.stringify(request.body)}` }));
    await expect(post(client())).rejects.toThrow();
    expect(JSON.stringify(failures)).not.toMatch(/token-|7700900|s3cr|127\.0\.0\.1/);
  });

  it.each([
    ['http://api.example.com', {}],
    ['http://127.0.0.1:1', { allowLoopbackHttp: false }],
    ['http://127.0.0.1.example.com', {}],
    ['https://user:word@api.example.com', {}],
    ['ftp://127.0.0.1', {}],
    ['api.example.com', {}],
  ])('speaks to no %s', (address, options) => {
    expect(() => client({ baseUrl: address, ...options })).toThrow();
    expect(() => client({ tokenUrl: address, ...options })).toThrow();
  });
});
