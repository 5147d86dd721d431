import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiDocument, fetchDocument, type NamedOperation, operationsOf } from '../support/openapi-document.js';
import { type RawReply, send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';
import { wrongPlaces } from '../support/wrong-values.js';

const RECORDS = 'test/e2e/body-refusals';

let service: TestService;
let document: ApiDocument;
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
});
afterAll(() => service.stop());

const tokens = new Map<string, Promise<string>>();

function tokenFor(scope: string): Promise<string> {
  const token = tokens.get(scope) ?? service.token(scope === 'agent' ? 'agent:amara' : scope);
  tokens.set(scope, token);
  return token;
}

async function ask({ method, path, operation }: NamedOperation, body: string): Promise<RawReply> {
  const examples = new Map((operation.parameters ?? []).map(({ name, example }) => [name, String(example)]));
  const headers = {
    authorization: `Bearer ${await tokenFor(operation.security![0]!.bearer![0]!)}`,
    'content-type': 'application/json',
    'if-match': '"0"',
  };
  const address = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(examples.get(name)!));
  return send(service.url, { method: method.toUpperCase(), path: address, headers, body });
}

/** What a reply says of the form of a body; whatever else stands in the way of the request is not about that. */
function saidOf({ status, body }: RawReply): string {
  if (status !== 400 && status !== 422) return 'taken';
  const errors = ((body.errors ?? []) as { pointer: string; detail: string }[]).map(
    ({ pointer, detail }) => `\n        ${pointer} ${detail}`,
  );
  return `${status} ${body.type.split('/').at(-1)}${body.errors ? errors.join('') : ` ${body.detail ?? ''}`}`;
}

/** Each field with what is said of each value, those that come to the same together. */
async function recordOf(named: NamedOperation): Promise<string> {
  const { schema, example, examples } = named.operation.requestBody!.content['application/json']!;
  const base = examples ? Object.values(examples)[0]!.value : example;
  const lines = [`${named.method.toUpperCase()} ${named.path}`];
  for (const { place, bodies } of wrongPlaces(document, schema, base)) {
    lines.push(`  ${place}`);
    const bySaid = new Map<string, string[]>();
    const replies = await Promise.all(bodies.map(({ text }) => ask(named, text)));
    for (const [index, { said: value }] of bodies.entries()) {
      const said = saidOf(replies[index]!);
      bySaid.set(said, [...(bySaid.get(said) ?? []), value]);
    }
    for (const [said, values] of bySaid) lines.push(`    ${values.join(' · ')}`, `      ${said}`);
  }
  return `${lines.join('\n')}\n`;
}

function byTag(operations: readonly NamedOperation[]): Map<string, NamedOperation[]> {
  const groups = new Map<string, NamedOperation[]>();
  for (const named of operations) {
    const tag = named.operation.tags![0]!.toLowerCase().replaceAll(' ', '-');
    groups.set(tag, [...(groups.get(tag) ?? []), named]);
  }
  return groups;
}

/**
 * Every JSON body of the OpenAPI document, wrong in one place at a time, and what is said of it, word by word.
 * `UPDATE_SNAPSHOTS=1 npx vitest run test/e2e/body-refusals.spec.ts` records it anew.
 */
describe('a body that is wrong in one place', () => {
  it('is refused by every route in the words that were recorded', { timeout: 120_000 }, async () => {
    const withBody = operationsOf(document).filter(
      ({ operation }) => operation.requestBody?.content['application/json'],
    );
    expect(withBody.length).toBeGreaterThan(15);
    mkdirSync(RECORDS, { recursive: true });
    for (const [tag, operations] of byTag(withBody)) {
      const records: string[] = [];
      for (const named of operations) records.push(await recordOf(named));
      const file = `${RECORDS}/${tag}.txt`;
      if (process.env.UPDATE_SNAPSHOTS) writeFileSync(file, records.join('\n'));
      else expect(records.join('\n'), tag).toBe(readFileSync(file, 'utf8'));
    }
  });
});
