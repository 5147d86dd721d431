import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halfCharacters, hostileBodies, type HostileBody } from '../support/hostile-bodies.js';
import {
  type ApiDocument,
  type ApiSchema,
  fetchDocument,
  type NamedOperation,
  operationsOf,
} from '../support/openapi-document.js';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';

/** Every route of the OpenAPI document, with values that no field, parameter or line of any of them may hold: 400, and never 5xx. */
let service: TestService;
let document: ApiDocument;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
  for (const scope of ['app', 'telephony', 'admin', 'analyst', 'agent', 'supervisor']) {
    tokens[scope] = await service.token({ agent: 'agent:amara', supervisor: 'supervisor:dana' }[scope] ?? scope);
  }
});
afterAll(() => service.stop());

const NOT_UTF_8 = ['%ED%A0%80', '%ff', '%c0%80', '%F0%28%8C%28', '%E2%28', '%zz', '%', '%1'];
const NULS = ['%00', 'a%00b', '%00%00'];

function ask(
  { method, operation }: NamedOperation,
  path: string,
  more: { body?: string; headers?: Record<string, string> } = {},
): Promise<RawReply> {
  const scope = operation.security?.[0]?.bearer?.[0];
  const authorization: Record<string, string> = scope === undefined ? {} : { authorization: `Bearer ${tokens[scope]}` };
  const content: Record<string, string> = more.body === undefined ? {} : { 'content-type': 'application/json' };
  return send(service.url, {
    method: method.toUpperCase(),
    path,
    headers: { ...authorization, ...content, 'if-match': '"0"', ...more.headers },
    body: more.body,
  });
}

/** The address of an operation with a value for each of its parameters that would be read. */
function addressOf({ path, operation }: NamedOperation): string {
  const examples = new Map((operation.parameters ?? []).map(({ name, example }) => [name, String(example)]));
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(examples.get(name) ?? 'x'));
}

/** What is made from each example of a body in the document. */
function bodiesOf(
  make: (schema: ApiSchema, example: unknown) => HostileBody[],
): { named: NamedOperation; body: HostileBody }[] {
  return operationsOf(document).flatMap((named) => {
    const json = named.operation.requestBody?.content['application/json'];
    if (!json) return [];
    const examples = json.examples ? Object.values(json.examples).map(({ value }) => value) : [json.example];
    return examples.flatMap((example) => make(json.schema, example)).map((body) => ({ named, body }));
  });
}

const queryOf = ({ operation }: NamedOperation) =>
  (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');

describe('an address', () => {
  it('that holds a NUL, or is not UTF-8, in a parameter of its path is refused by every route', async () => {
    let tried = 0;
    for (const named of operationsOf(document)) {
      for (const [, name] of named.path.matchAll(/\{(\w+)\}/g)) {
        for (const value of [...NULS, ...NOT_UTF_8]) {
          const path = addressOf({ ...named, path: named.path.replace(`{${name}}`, value) });
          expectRefused(await ask(named, path), `${named.method} ${path}`);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
  });

  it('that holds a NUL, or is not UTF-8, in its query is refused by every route, in a parameter that it knows or not', async () => {
    let tried = 0;
    for (const named of operationsOf(document)) {
      for (const name of [...queryOf(named).map((parameter) => parameter.name), 'x']) {
        for (const pair of [...NULS, ...NOT_UTF_8].flatMap((value) => [`${name}=${value}`, `${value}=1`])) {
          const path = `${addressOf(named)}?${pair}`;
          expectRefused(await ask(named, path), `${named.method} ${path}`);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(1_000);
  });

  it('that gives a parameter of its query twice, or as a list or an object, is refused', async () => {
    let tried = 0;
    for (const named of operationsOf(document)) {
      for (const { name } of queryOf(named)) {
        for (const query of [
          `${name}=a&${name}=b`,
          `${name}[]=`,
          `${name}[]=1`,
          `${name}[0]=1`,
          `${name}[a]=1`,
          `${name}.a=1`,
          `__proto__[${name}]=1`,
          'constructor=1',
          '__proto__=1',
        ]) {
          const path = `${addressOf(named)}?${query}`;
          expectRefused(await ask(named, path), `${named.method} ${path}`);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
  });
});

describe('a body', () => {
  it(
    'that holds a NUL, a list where none belongs, or a member of a name that none may have is refused by every route',
    { timeout: 120_000 },
    async () => {
      const bodies = bodiesOf((schema, example) => hostileBodies(document, schema, example));
      expect(bodies.length).toBeGreaterThan(2_000);
      for (const { named, body } of bodies) {
        expectRefused(
          await ask(named, addressOf(named), { body: body.text }),
          `${named.method} ${named.path} ${body.what}`,
        );
      }
    },
  );

  it('that holds half a character is answered by every route, and never with 5xx', { timeout: 120_000 }, async () => {
    const bodies = bodiesOf((schema, example) => halfCharacters(document, schema, example));
    expect(bodies.length).toBeGreaterThan(100);
    for (const { named, body } of bodies) {
      const reply = await ask(named, addressOf(named), { body: body.text });
      expect(reply.status, `${named.method} ${named.path} ${body.what}`).toBeLessThan(500);
    }
  });

  it('of lines with such values has every one of them named, and none taken', async () => {
    const { body: notice } = await service.admin.post('/v1/notices', {
      channel: 'letter',
      summary: 'Lines',
      sentAt: new Date().toISOString(),
    });
    const imports = operationsOf(document).filter(
      ({ operation }) => operation.requestBody?.content['application/x-ndjson'],
    );
    expect(imports.length).toBeGreaterThan(1);
    for (const named of imports) {
      const example = JSON.parse(
        (named.operation.requestBody!.content['application/x-ndjson']!.schema.example as string).split('\n')[0]!,
      ) as object;
      const wrong = Object.keys(example).flatMap((name) =>
        ['\u0000', `a\u0000b`, [[]], [['x']], { x: '\u0000' }].map((value) => ({ ...example, [name]: value })),
      );
      const lines = [
        ...wrong,
        [[]],
        [example],
        [[example]],
        '\u0000',
        { '\u0000': 1 },
        { ...example, 'a\u0000': 'x' },
      ].map((line) => JSON.stringify(line));
      const path = addressOf(named).replace(/ntc_\w+/, notice.id as string);
      const reply = await ask(named, path, {
        body: lines.join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      expect(reply.status, reply.text).toBe(200);
      expect(reply.body, named.path).toMatchObject({ accepted: 0, duplicates: 0, rejectedCount: lines.length });
    }
  });
});

describe('a header', () => {
  it('of bytes that are no text is answered by every route, and never with 5xx', async () => {
    for (const named of operationsOf(document)) {
      if ('text/event-stream' in (named.operation.responses['200']?.content ?? {})) continue;
      const odd = Buffer.from([0x80, 0xff, 0xc0]).toString('latin1');
      for (const name of [
        'if-match',
        'last-event-id',
        'idempotency-key',
        'accept',
        'accept-language',
        'if-none-match',
        'x-request-id',
      ]) {
        const hasBody = named.operation.requestBody !== undefined;
        const reply = await ask(named, addressOf(named), {
          headers: { [name]: odd },
          ...(hasBody ? { body: '{}' } : {}),
        });
        expect(reply.status, `${named.method} ${named.path} ${name}`).toBeLessThan(500);
      }
    }
  });
});

function expectRefused(reply: RawReply, what: string): void {
  expect(`${what}: ${reply.status}`).toBe(`${what}: 400`);
  expectProblem(reply, 400);
}
