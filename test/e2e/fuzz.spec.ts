import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations, type Operation } from '../support/operations.js';
import { type RawReply, send } from '../support/raw-http.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

/** Whatever a client sends, it is answered in the form that the API promises, and never by a fault of ours. */
let service: TestService;
let operations: Operation[];
let fields: Map<string, Record<string, any>>;
const tokens: Record<string, string> = {};
const values: Record<string, string> = {};

beforeAll(async () => {
  service = await startTestService();
  operations = (await listOperations(service.url)).filter(({ scopes, streams }) => scopes.length > 0 && !streams);
  for (const scope of ['app', 'telephony', 'admin', 'analyst', 'agent', 'supervisor'])
    tokens[scope] = await service.token({ agent: 'agent:amara', supervisor: 'supervisor:dana' }[scope] ?? scope);
  const document = (await send(service.url, { path: '/openapi.json' })).body;
  const schemaOf = (schema: any): any => {
    const ref = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
    return ref ? document.components.schemas[ref.split('/').at(-1)] : schema;
  };
  fields = new Map(
    Object.values<any>(document.paths)
      .flatMap((methods) => Object.values<any>(methods))
      .map((operation) => [
        operation.operationId,
        schemaOf(operation.requestBody?.content?.['application/json']?.schema)?.properties ?? {},
      ]),
  );
  const device = await service.customerWithDevice();
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'inbound',
    purpose: 'x',
    verify: true,
  });
  Object.assign(values, {
    customerId: device.customerId,
    deviceId: device.id,
    callId: body.id,
    verificationId: body.verification.id,
    reference: body.reference,
    number: LINE,
  });
});
afterAll(() => service.stop());

const wellFormed = (text: string): string => text.toWellFormed();

/** Values that are nearly right, nearly readable, or neither. */
const awkward = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    ' ',
    'x',
    'a.b.c',
    '\u0000',
    '\ud800',
    '\u202e',
    '\ufeff',
    'x'.repeat(300),
    '__proto__',
    'toString',
    'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
    '+442079460100',
    '2021-02-30T00:00:00Z',
    '2021-01-01T00:00:00Z',
    '9999-12-31T23:59:60Z',
    'GB82WEST12345698765432',
    '1e400',
    '٣',
    0,
    -1,
    1.5,
    1e300,
    -0,
    2 ** 53,
    true,
    false,
    null,
    [],
    {},
    [[]],
    [null],
    [{}],
    { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

function bodyFor(id: string): fc.Arbitrary<unknown> {
  const properties = fields.get(id) ?? {};
  const shape = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      fc.oneof({ weight: 2, arbitrary: plausible(schema) }, { weight: 1, arbitrary: awkward }),
    ]),
  );
  return fc.oneof(
    { weight: 6, arbitrary: fc.record(shape, { requiredKeys: [] }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.record(shape, { requiredKeys: [] }), fc.string({ unit: 'binary', maxLength: 12 }), awkward)
        .map(([body, name, value]) => ({ ...body, [name]: value })),
    },
    { weight: 1, arbitrary: awkward },
  );
}

/** What the document says a field holds, so that some requests get past the first check. */
function plausible(schema: any): fc.Arbitrary<unknown> {
  if (schema.example !== undefined) return fc.constant(schema.example);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer')
    return fc.integer({ min: (schema.minimum ?? 0) - 1, max: (schema.maximum ?? 100) + 1 });
  return fc.string({ unit: 'grapheme', maxLength: 30 });
}

function expectInOrder(reply: RawReply, what: string): void {
  expect(reply.status, what).toBeLessThan(500);
  expect(reply.headers['x-request-id'], what).toBeDefined();
  if (reply.status >= 400) {
    expect(reply.headers['content-type'], what).toMatch(/^application\/problem\+json/);
    expect(reply.body, what).toMatchObject({
      status: reply.status,
      title: expect.any(String),
      type: expect.stringMatching(/\/problems\/[a-z-]+$/),
    });
  }
}

describe('whatever is sent', () => {
  it('as the body of any operation is answered, and never with 5xx', async () => {
    for (const operation of operations.filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method))) {
      const path = operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
        encodeURIComponent(values[name] ?? 'x'),
      );
      await fc.assert(
        fc.asyncProperty(bodyFor(operation.id), fc.constantFrom(...operation.scopes), async (body, scope) => {
          const text = JSON.stringify(body);
          const reply = await send(service.url, {
            method: operation.method,
            path,
            headers: {
              authorization: `Bearer ${tokens[scope]}`,
              'content-type': 'application/json',
              'if-match': '"0"',
            },
            body: text,
          });
          expectInOrder(reply, `${operation.id} ${text}`);
        }),
        { numRuns: 40 },
      );
    }
  });

  it('as bytes is answered, and never with 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const reply = await send(service.url, {
          method: 'POST',
          path: '/v1/calls',
          headers: { authorization: `Bearer ${tokens.agent}`, 'content-type': 'application/json' },
          body: Buffer.from(bytes),
        });
        expectInOrder(reply, Buffer.from(bytes).toString('hex'));
        expect(reply.status).toBe(400);
      }),
      { numRuns: 100 },
    );
  });

  it('as a path parameter or a query is answered, and never with 5xx', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }).map(wellFormed),
      fc.constantFrom('..', '%', '%00', '%2e%2e%2f', "'", '{}', '%F0%28%8C%28', '%ED%A0%80').map((raw) => ({ raw })),
    );
    const encode = (part: string | { raw: string }): string =>
      typeof part === 'string' ? encodeURIComponent(part) : part.raw;
    for (const operation of operations) {
      await fc.assert(
        fc.asyncProperty(
          text,
          text,
          fc.constantFrom('limit', 'after', 'status', 'customerId', 'state', 'x'),
          async (part, value, name) => {
            const path = `${operation.path.replace(/\{\w+\}/g, () => encode(part) || 'x')}?${name}=${encode(value)}`;
            const reply = await send(service.url, {
              method: operation.method,
              path,
              headers: { authorization: `Bearer ${tokens[operation.scopes[0]!]}` },
            });
            expectInOrder(reply, `${operation.method} ${path}`);
          },
        ),
        { numRuns: 15 },
      );
    }
  });
});
