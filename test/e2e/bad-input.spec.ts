import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let tokens: Record<'agent' | 'app' | 'admin', string>;

beforeAll(async () => {
  service = await startTestService();
  tokens = {
    agent: await service.token('agent:amara'),
    app: await service.token('app'),
    admin: await service.token('admin'),
  };
});
afterAll(() => service.stop());

const call = (change: object = {}) => ({
  customerId: newCustomerId(),
  direction: 'outbound',
  purpose: 'A payment we stopped',
  ...change,
});

function post(
  body: string | Buffer,
  {
    path = '/v1/calls',
    token = tokens.agent,
    headers = {},
  }: { path?: string; token?: string; headers?: Record<string, string | string[]> } = {},
): Promise<RawReply> {
  return send(service.url, {
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
  });
}

/** Nested so deeply that a careless reader runs out of stack. */
const deep = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

describe('a body that cannot be read', () => {
  it.each([
    ['is cut short', '{"customerId": "x"'],
    ['is no JSON', 'customerId=x'],
    ['has a trailing comma', '{"customerId": "x",}'],
    ['has something after it', '{} {}'],
    ['is NaN', 'NaN'],
    ['has single quotes', "{'customerId': 'x'}"],
    ['starts with a byte order mark', '\ufeff{'],
    ['is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['is UTF-16', Buffer.from('{}', 'utf16le')],
    ['has an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ['has a raw control character in a string', '{"customerId":"a\u0001b"}'],
    ['has a __proto__ key', '{"__proto__":{"admin":true}}'],
    ['has an escaped __proto__ key', '{"\\u005f_proto__":{"admin":true}}'],
    ['has a __proto__ key deep down', '{"agent":{"__proto__":{"id":"x"}}}'],
    ['has a constructor.prototype key', '{"constructor":{"prototype":{"admin":true}}}'],
    ['has an unpaired surrogate as a key', '{"\\ud800":1}'],
    ['is nested without end', deep(9_000)],
    ['is a list nested without end', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['is a list', '[]'],
    ['is a list of what it should be', '[{"customerId":"x","direction":"outbound","purpose":"x"}]'],
    ['is a string', '"x"'],
    ['is a number', '1'],
    ['is null', 'null'],
    ['is true', 'true'],
  ])('%s: 400', async (_what, body) => expectProblem(await post(body), 400));

  it('is refused where the body may be left out, too', async () => {
    const { body } = await service.amara.post('/v1/calls', call());
    for (const text of [
      '[]',
      '"x"',
      '1',
      'true',
      '[{"customerProof":"123456"}]',
      '{"customerproof":"123456"}',
      '{"customerProof":null}',
      deep(9_000),
    ]) {
      expectProblem(await post(text, { path: `/v1/calls/${body.id}/offline-proof` }), 400);
    }
  });

  it('is refused where the route takes none', async () => {
    const { body } = await service.amara.post('/v1/calls', call());
    for (const path of [`/v1/calls/${body.id}/end`, `/v1/calls/${body.id}/verification`])
      expectProblem(await post('{"force":true}', { path }), 400, 'invalid-request');
    expect((await service.amara.get(`/v1/calls/${body.id}`)).body.state).toBe('live');
    expect((await post('{}', { path: `/v1/calls/${body.id}/end` })).status).toBe(200);
  });

  it('nested without end is refused in a free-form field, too', async () => {
    const body = `{"name":"x","platform":"ios","proof":"a.b.c","publicKey":${deep(9_000)}}`;
    expectProblem(await post(body, { path: `/v1/customers/${newCustomerId()}/devices`, token: tokens.app }), 400);
  });
});

describe('a body that says something else than it should', () => {
  const LONE = '\ud800';
  it.each<[string, object, string]>([
    ['an unknown field', { color: 'red' }, '#/color'],
    ['an unknown field in an object', { agent: { department: 'x', root: true } }, '#/agent/root'],
    ['a missing field', { purpose: undefined }, '#/purpose'],
    ['null for a required field', { purpose: null }, '#/purpose'],
    ['null for an optional field', { line: null }, '#/line'],
    ['null for an optional object', { agent: null }, '#/agent'],
    ['a number for a string', { purpose: 1 }, '#/purpose'],
    ['an object for a string', { purpose: { $ne: '' } }, '#/purpose'],
    ['a list for a string', { customerId: ['x'] }, '#/customerId'],
    ['a string for an object', { agent: 'Amara' }, '#/agent'],
    ['a list for an object', { agent: [] }, '#/agent'],
    ['a list of objects for an object', { agent: [{ department: 'x' }] }, '#/agent'],
    ['a string for a boolean', { verify: 'true' }, '#/verify'],
    ['a number for a boolean', { verify: 1 }, '#/verify'],
    ['an unknown enum value', { direction: 'sideways' }, '#/direction'],
    ['an enum value in another case', { direction: 'Outbound' }, '#/direction'],
    ['the name of an inherited member as an enum value', { direction: 'toString' }, '#/direction'],
    ['an empty string', { purpose: '' }, '#/purpose'],
    ['a blank string', { purpose: ' \u00a0' }, '#/purpose'],
    ['a string that is too long', { purpose: 'x'.repeat(141) }, '#/purpose'],
    ['a string that is far too long', { purpose: 'x'.repeat(60_000) }, '#/purpose'],
    ['a NUL', { purpose: 'a\u0000b' }, '#/purpose'],
    ['a control character', { purpose: 'a\u001bb' }, '#/purpose'],
    ['a line break in one line of text', { purpose: 'a\nb' }, '#/purpose'],
    ['a direction override', { purpose: 'a\u202eb' }, '#/purpose'],
    ['an unpaired surrogate', { purpose: `a${LONE}b` }, '#/purpose'],
    ['a NUL in an id', { customerId: 'a\u0000b' }, '#/customerId'],
    ['an id with a line break after it', { customerId: 'abc\n' }, '#/customerId'],
    ['an id with a slash', { customerId: '../admin' }, '#/customerId'],
    ['a line that is no number', { line: 'our line' }, '#/line'],
    ['a line with an extension', { line: `${LINE};ext=5` }, '#/line'],
  ])('%s: 400 that names it', async (_what, change, pointer) => {
    const reply = await post(JSON.stringify(call(change)));
    expectProblem(reply, 400, 'invalid-request');
    expect(reply.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it('never echoes what was sent', async () => {
    const reply = await post(
      JSON.stringify(call({ purpose: 'SECRET-PURPOSE\u0000', direction: 'SECRET-DIRECTION', line: 'SECRET-LINE' })),
    );
    expectProblem(reply, 400, 'invalid-request');
    expect(reply.text).not.toContain('SECRET-');
  });

  it('names the field by JSON pointer, also one with a slash or a tilde or with thousands of others', async () => {
    const odd = await post(JSON.stringify(call({ 'a/b~c': 1 })));
    expect(odd.body.errors[0].pointer).toBe('#/a~1b~0c');
    const many = await post(
      JSON.stringify(call(Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`k${index}`, 1])))),
    );
    expectProblem(many, 400, 'invalid-request');
    expect(many.body.errors.length).toBeLessThanOrEqual(20);
  });

  it('is refused where an inherited member is its name', async () => {
    for (const name of [
      'toString',
      'hasOwnProperty',
      'constructor',
      'then',
      'length',
      'valueOf',
      'toJSON',
      '__defineGetter__',
    ]) {
      expectProblem(await post(JSON.stringify(call({ [name]: 'x' }))), 400);
    }
  });

  it.each([
    '0000-01-01T00:00:00Z',
    '2021-02-30T00:00:00Z',
    '2021-01-01T00:00:00+23:00',
    '2021-01-01T00:00:00-23:59',
    '2021-13-01T00:00:00Z',
    '2021-01-01T24:00:01Z',
    '2021-01-01 00:00:00Z',
    '2021-01-01T00:00:00',
    'infinity',
    'now',
    '+010000-01-01T00:00:00Z',
    '2021-01-01T00:00:61Z',
  ])('the time %s: 400', async (since) => {
    const reply = await send(service.url, {
      method: 'PUT',
      path: `/v1/customers/${newCustomerId()}`,
      headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ phoneNumbers: [{ number: '+447700900123', since }] }),
    });
    expectProblem(reply, 400, 'invalid-request');
    expect(reply.body.errors[0].pointer).toBe('#/phoneNumbers/0/since');
  });
});

describe('what surrounds a body', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/jsonx',
    'application/problem+json',
    'x',
    ';',
  ])('content type %s: 415', async (type) => {
    expectProblem(
      await post(JSON.stringify(call()), { headers: { 'content-type': type } }),
      415,
      'unsupported-media-type',
    );
  });

  it('without a content type: 415', async () => {
    expectProblem(
      await send(service.url, {
        method: 'POST',
        path: '/v1/calls',
        headers: { authorization: `Bearer ${tokens.agent}` },
        body: JSON.stringify(call()),
      }),
      415,
      'unsupported-media-type',
    );
  });

  it('JSON with parameters is JSON', async () => {
    expect(
      (await post(JSON.stringify(call()), { headers: { 'content-type': 'application/json; charset=utf-8' } })).status,
    ).toBe(201);
  });

  it('an empty body with a JSON content type is a body without fields', async () => {
    const reply = await post('');
    expectProblem(reply, 400, 'invalid-request');
    expect(reply.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(
      expect.arrayContaining(['#/customerId', '#/direction', '#/purpose']),
    );
  });

  it('over 64 kB: 413, told to a client that is still sending 10 MB', async () => {
    expectProblem(await post(JSON.stringify(call({ purpose: 'x'.repeat(65_536) }))), 413, 'payload-too-large');
    const big = Buffer.alloc(10 * 1024 * 1024, 0x20);
    expectProblem(await post(big), 413, 'payload-too-large');
    expectProblem(
      await send(service.url, {
        method: 'POST',
        path: '/v1/calls',
        headers: {
          authorization: `Bearer ${tokens.agent}`,
          'content-type': 'application/json',
          'transfer-encoding': 'chunked',
          'content-length': [],
        },
        body: big,
      }),
      413,
      'payload-too-large',
    );
    expect((await post(JSON.stringify(call()))).status).toBe(201);
  });

  it.each(['', ' ', 'a b', 'x'.repeat(256), 'é'])('Idempotency-Key "%s": 400', async (key) => {
    expectProblem(
      await post(JSON.stringify(call()), {
        headers: { 'idempotency-key': Buffer.from(key, 'utf8').toString('latin1') },
      }),
      400,
      'invalid-request',
    );
  });

  it('two Idempotency-Keys: 400', async () => {
    expectProblem(
      await post(JSON.stringify(call()), { headers: { 'idempotency-key': ['a', 'b'] } }),
      400,
      'invalid-request',
    );
  });
});
