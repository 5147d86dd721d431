import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/ids/ids.js';
import { exchange, expectProblem, type RawReply, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let tokens: Record<'agent' | 'app' | 'admin', string>;
let callId: string;
let customerId: string;

beforeAll(async () => {
  service = await startTestService();
  tokens = {
    agent: await service.token('agent:amara'),
    app: await service.token('app'),
    admin: await service.token('admin'),
  };
  customerId = newCustomerId();
  callId = (
    await service.amara.post('/v1/calls', { customerId, direction: 'outbound', purpose: 'A payment we stopped' })
  ).body.id;
});
afterAll(() => service.stop());

function ask(
  path: string,
  {
    method = 'GET',
    token = tokens.agent,
    headers = {},
    body,
  }: { method?: string; token?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<RawReply> {
  return send(service.url, {
    method,
    path,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body,
  });
}

describe('an id', () => {
  const bad = (): [string, string][] => [
    ['of another kind', newId('ver').id],
    ['in upper case', callId.toUpperCase()],
    ['with an upper-case suffix', `call_${callId.slice(5).toUpperCase()}`],
    ['without its prefix', callId.slice(5)],
    ['that is a UUID', '01935f3c-7e5b-7000-8000-000000000000'],
    ['that is too short', callId.slice(0, -1)],
    ['that is too long', `${callId}0`],
    ['with letters that base 32 has not', `call_${'u'.repeat(26)}`],
    ['of more than 128 bits', `call_8${'0'.repeat(25)}`],
    ['that nobody has', newId('call').id],
    ['with a quote', `${callId}'--`],
    ['with a line break', `${callId}%0A`],
    ['with a space', `${callId}%20`],
    ['with a matrix parameter', `${callId};x=1`],
    ['with an encoded slash', `${callId}%2F..%2Fx`],
    ['with an encoded traversal', `..%2f..%2fetc%2fpasswd`],
    ['of 250 characters', 'c'.repeat(250)],
  ];

  it('of the wrong kind, malformed, or of nothing: 404 on every route that takes it', async () => {
    for (const [what, id] of bad()) {
      const replies = [
        await ask(`/v1/calls/${id}`),
        await ask(`/v1/calls/${id}/stream`),
        await ask(`/v1/calls/${id}/end`, { method: 'POST' }),
        await ask(`/v1/calls/${id}/verification`, { method: 'POST' }),
        await ask(`/v1/calls/${id}/offline-proof`, { method: 'POST' }),
        await ask(`/v1/verifications/${id.replace('ver_', 'call_')}`),
        await ask(`/v1/verifications/${id.replace('ver_', 'call_')}/cancel`, { method: 'POST' }),
        await ask(`/v1/verifications/${id.replace('ver_', 'call_')}/answer`, {
          method: 'POST',
          token: tokens.app,
          body: '{"jws":"a.b.c"}',
        }),
        await ask(`/v1/references/${id}`),
        await ask(`/v1/customers/${customerId}/devices/${id}`, { method: 'DELETE', token: tokens.app }),
      ];
      for (const [at, reply] of replies.entries()) {
        expect(reply.status, `${what}, route ${at}`).toBe(404);
        expectProblem(reply, 404, 'not-found');
      }
    }
  });

  it('that is far too long, or not encoded as it should be, is a problem like any other', async () => {
    for (const path of [
      `/v1/calls/${'c'.repeat(5_000)}`,
      `/v1/customers/${'c'.repeat(257)}/devices`,
      '/v1/calls/%zz',
      '/v1/calls/%',
      '/v1/calls/%ff',
      '/v1/calls/%c0%80',
      '/%',
      '/%2e%2e/%zz',
    ]) {
      const reply = await ask(path);
      expect([400, 404, 414], path).toContain(reply.status);
      expectProblem(reply, reply.status);
      expect(reply.text).not.toContain('zz');
    }
  });

  it('of a customer takes what the bank may use and nothing else', async () => {
    for (const id of [
      'a%2Fb',
      'a%00',
      '%20',
      'a%0A',
      'ü',
      '%F0%9F%98%80',
      'a'.repeat(65),
      "a'",
      'a%25',
      'a%5C',
      '%E2%80%AE',
    ]) {
      expectProblem(
        await ask(`/v1/customers/${encodeURI(decodeURI(id))}/signals`, { token: tokens.app }),
        400,
        'invalid-request',
      );
    }
    for (const id of ['__proto__', 'constructor', 'toString', '...', '-', '.a', 'a'.repeat(64)]) {
      expect((await ask(`/v1/customers/${id}/signals`, { token: tokens.app })).status).toBe(200);
      const put = await ask(`/v1/customers/${id}`, { method: 'PUT', token: tokens.admin, body: '{"phoneNumbers":[]}' });
      expect(put).toMatchObject({ status: 201, body: { id } });
    }
  });
});

describe('a query', () => {
  it.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=1e9',
    'limit=99999999999999999999',
    'limit=NaN',
    'limit=Infinity',
    'limit=',
    'limit=abc',
    'limit=1&limit=2',
    'limit[]=1',
    'limit[a]=1',
    'after=',
    'after=x',
    'after=%00',
    'after=a&after=b',
    'after=ver_01jd3f6q8zfk1rz1m3v9w1c2aa',
    'after=%ff',
    `after=${'a'.repeat(300)}`,
    'after=01935f3c-7e5b-7000-8000-000000000000',
    'state=LIVE',
    'state=',
    'state=live&state=ended',
    'state=__proto__',
    'state=toString',
    'customerId=a%00b',
    'customerId=',
    "customerId='%20OR%201=1--",
    'customerId=a&customerId=b',
    'unknown=1',
    '__proto__=1',
    '__proto__[limit]=1',
    'constructor=1',
    'toString=1',
    'limitOrDefault=1',
    'hasOwnProperty=1',
  ])('%s: 400', async (query) => expectProblem(await ask(`/v1/calls?${query}`), 400));

  it('with a bad cursor is refused by every list', async () => {
    for (const [path, token] of [
      ['/v1/lines', tokens.admin],
      [`/v1/customers/${customerId}/devices`, tokens.app],
      [`/v1/customers/${customerId}/verifications`, tokens.app],
      ['/v1/calls', tokens.agent],
    ]) {
      for (const query of ['limit=500', 'after=%00', 'after=%F0%9F', 'after=a%20b', 'status=nothing'])
        expectProblem(await ask(`${path}?${query}`, { token }), 400);
    }
  });
});

describe('an address that is nothing', () => {
  it.each([
    '/v1',
    '/v1/',
    '/v2/calls',
    '/v1/calls/',
    '//v1/calls',
    '/v1//calls',
    '/V1/calls',
    '/v1/calls/../policy',
    '/v1/calls/%2e%2e/policy',
    '/v1/./calls',
    '/.env',
    '/index.php',
    '/oidc',
    '/oidc/nobody/token',
    '/health',
    '/problems',
    '/problems/toString',
    '/problems/nothing',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e%2f%2e%2e%2fpackage.json',
  ])('%s: 404', async (path) => {
    expectProblem(await ask(path), 404, 'not-found');
  });

  it.each(['/%00', '/v1/%00', '/v1/calls/x%00', '/v1/nowhere?x=%00', '/docs/%00'])(
    '%s cannot be one: 400',
    async (path) => expectProblem(await ask(path), 400, 'invalid-request'),
  );

  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'SEARCH', 'MKCOL', 'LOCK', 'COPY', 'PURGE', 'REPORT'])(
    'under the method %s: 405 with those that it takes, and 404 where there is nothing',
    async (method) => {
      const reply = await ask('/v1/calls', { method });
      expectProblem(reply, 405, 'method-not-allowed');
      expect(reply.headers.allow).toBe('GET, HEAD, POST, OPTIONS');
      expect(reply.text).not.toContain(tokens.agent);
      expectProblem(await ask('/v1/nothing', { method }), 404, 'not-found');
    },
  );

  it('answers OPTIONS with the methods of an address, and opens nothing to other origins', async () => {
    for (const path of ['/v1/calls', `/v1/calls/${callId}/end`, '/docs', '/health/live']) {
      const { status, text, headers } = await ask(path, {
        method: 'OPTIONS',
        headers: { origin: 'http://localhost:5173' },
      });
      expect({ status, text }).toEqual({ status: 204, text: '' });
      expect(headers.allow).toMatch(/^[A-Z, ]+, OPTIONS$/);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expectProblem(await ask('/v1/nothing', { method: 'OPTIONS' }), 404, 'not-found');
  });

  it('answers HEAD without a body, and opens no stream for it', async () => {
    expect(await ask(`/v1/calls/${callId}`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    expect(await ask('/v1/nothing', { method: 'HEAD' })).toMatchObject({ status: 404, text: '' });
    const { status, text } = await ask(`/v1/calls/${callId}/stream`, { method: 'HEAD' });
    expect({ status, text }).toEqual({ status: 200, text: '' });
  });
});

describe('a request that is hardly HTTP', () => {
  const host = 'Host: x\r\nConnection: close\r\n';
  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['a header without a colon', `GET /v1/calls HTTP/1.1\r\n${host}nonsense\r\n\r\n`, 400],
    ['a header of 100 kB', `GET /v1/calls HTTP/1.1\r\n${host}X-A: ${'a'.repeat(100_000)}\r\n\r\n`, 400],
    ['an address of 100 kB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`, 400],
    ['two lengths', `POST /v1/calls HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`, 400],
    [
      'a length and chunks',
      `POST /v1/calls HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'a chunk that is none',
      `POST /v1/calls HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['a method that is none', `FROB /v1/calls HTTP/1.1\r\n${host}\r\n`, 400],
  ])('%s: a problem, and the connection is closed', async (_what, bytes, status) => {
    const answer = await exchange(service.url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer.toLowerCase()).toMatch(/x-request-id: [\w.-]{8,}/);
    expect(answer).not.toMatch(/HPE_|stack|\.js/);
  });

  it('takes a request id from the client only where it is plain', async () => {
    expect(
      (await ask(`/v1/calls/${callId}`, { headers: { 'x-request-id': 'trace-12345678' } })).headers['x-request-id'],
    ).toBe('trace-12345678');
    for (const id of ['short', 'a'.repeat(65), 'with space 123', 'with"quote12', '${jndi:ldap://x}']) {
      expect((await ask(`/v1/calls/${callId}`, { headers: { 'x-request-id': id } })).headers['x-request-id']).toMatch(
        /^[0-9a-f-]{36}$/,
      );
    }
  });

  it('registers a line only under a number', async () => {
    for (const number of [
      'x',
      '%00',
      '%2B',
      '+44',
      '123',
      "1'%20OR%201=1",
      '%E2%80%AE442079460100',
      `${LINE};ext=1`,
      `%2B44%20`,
      '9'.repeat(200),
    ]) {
      expectProblem(
        await ask(`/v1/lines/${number}`, {
          method: 'PUT',
          token: tokens.admin,
          body: '{"use":"outbound","label":"x"}',
        }),
        400,
        'invalid-request',
      );
      expectProblem(
        await ask(`/v1/lines/${number}`, { method: 'DELETE', token: tokens.admin }),
        number === '%00' ? 400 : 404,
      );
    }
  });
});
