import { readFileSync, writeFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiDocument,
  type ApiSchema,
  fetchDocument,
  operationsOf,
  resolveResponse,
} from '../support/openapi-document.js';
import { createAjv } from '../support/reply-checker.js';
import { startTestService, type TestService } from '../support/service.js';

const SNAPSHOT = 'docs/openapi.json';
const NOT_AUTHENTICATED = [
  'getWelcome',
  'getLiveness',
  'getReadiness',
  'getProblem',
  'getPageSettings',
  'checkReference',
  'getCheckpoint',
  'getInclusionProof',
  'getConsistencyProof',
  'getSigningKeys',
];
/** They end the connection, or have no JSON to wait for. */
const SUCCESS_WITHOUT_BODY = ['204'];

let service: TestService;
let document: ApiDocument;
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
});
afterAll(() => service.stop());

/** Runs a check on every operation and tells all that fail it, not the first alone. */
function everyOperation(
  check: (named: ReturnType<typeof operationsOf>[number]) => string | false | null | undefined,
): void {
  const wrong = operationsOf(document)
    .map((named) => [`${named.method} ${named.path}`, check(named)] as const)
    .filter(([, problem]) => problem);
  expect(Object.fromEntries(wrong)).toEqual({});
}

describe('the OpenAPI document', () => {
  it('is the committed docs/openapi.json (npm run openapi writes it anew)', () => {
    const text = `${JSON.stringify(document, null, 2)}\n`;
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(SNAPSHOT, text);
    expect(text).toBe(readFileSync(SNAPSHOT, 'utf8'));
  });

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect({ valid, errors, version: validator.version }).toEqual({ valid: true, errors: undefined, version: '3.1' });
  });

  it('holds schemas that are valid JSON Schema 2020-12, with nothing left of OpenAPI 3.0', () => {
    const ajv = createAjv();
    ajv.addSchema({ $id: 'https://openapi.test/document', components: document.components });
    for (const name of Object.keys(document.components.schemas))
      ajv.compile({ $ref: `https://openapi.test/document#/components/schemas/${name}` });
    expect(JSON.stringify(document)).not.toMatch(/"nullable":|"exclusiveM\w+":(true|false)/);
  });

  it('names each operation once, with a summary and a tag that is described', () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = (document as unknown as { tags: { name: string; description: string }[] }).tags;
    everyOperation(
      ({ operation: { operationId, summary, tags: used = [] } }) =>
        (!/^[a-z][A-Za-z]+$/.test(operationId) && 'operationId') ||
        (!summary && 'summary') ||
        (used.length !== 1 && 'one tag') ||
        (!tags.some((tag) => tag.name === used[0] && tag.description) && `no description of tag ${used[0]}`),
    );
  });

  it('says of each operation who may call it', () => {
    everyOperation(({ operation: { operationId, security } }) =>
      NOT_AUTHENTICATED.includes(operationId)
        ? security?.length !== 0 && 'should be public'
        : !(security?.length && security.every(({ bearer }) => bearer?.length === 1)) && 'no scope',
    );
  });

  it('gives each operation a success with a schema, and a description to each answer', () => {
    everyOperation(({ operation }) => {
      const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      if (successes.length === 0) return 'no success';
      if (
        successes.some(
          ([status, { content }]) =>
            !SUCCESS_WITHOUT_BODY.includes(status) && !Object.values(content ?? {}).every(({ schema }) => schema),
        )
      )
        return 'no schema';
      if (successes.some(([status, { content }]) => !SUCCESS_WITHOUT_BODY.includes(status) && !content))
        return 'no content';
      return (
        Object.values(operation.responses).some((response) => !resolveResponse(document, response).description) &&
        'no description'
      );
    });
  });

  it('gives each operation the refusals of its kind', () => {
    everyOperation(({ method, path, operation: { operationId, responses, parameters = [], requestBody } }) => {
      const wanted = ['500'];
      if (!NOT_AUTHENTICATED.includes(operationId)) wanted.push('401', '403', '503');
      if (requestBody || parameters.length > 0) wanted.push('400');
      if (requestBody || (method === 'post' && parameters.some(({ name }) => name === 'Idempotency-Key')))
        wanted.push('413', '415');
      if (/\{(call|verification|device|change|callback|notice)Id\}/.test(path)) wanted.push('404');
      return wanted.filter((status) => !responses[status]).join(' ');
    });
  });

  it('says of each POST with a token whether it honours Idempotency-Key', () => {
    const without = operationsOf(document).filter(
      ({ method, operation }) =>
        method === 'post' && !operation.parameters?.some(({ name }) => name === 'Idempotency-Key'),
    );
    expect(without.map(({ operation }) => operation.operationId)).toEqual([
      'makeDownload',
      'passkeyOptions',
      'askVerdict',
      'importCallRecords',
      'importNoticeRecipients',
      'checkNotice',
      'searchCustomers',
    ]);
  });

  it('describes each parameter, and shows each that is required', () => {
    everyOperation(({ operation: { parameters = [] } }) =>
      parameters
        .filter(({ description, example, required }) => !description || (required && example === undefined))
        .map(({ name }) => name)
        .join(' '),
    );
  });

  // An event's envelope is CloudEvents 1.0, and its members are told by docs/events.md.
  it('describes or shows each property', () => {
    const bare = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      Object.entries<ApiSchema>(schema.properties ?? {})
        .filter(
          ([, property]) =>
            !property.description &&
            property.example === undefined &&
            !property.enum &&
            !property.$ref &&
            !name.endsWith('Event'),
        )
        .map(([property]) => `${name}.${property}`),
    );
    expect(bare).toEqual([]);
  });

  it('shows an example of each request body, which fits its schema', () => {
    const ajv = createAjv();
    ajv.addSchema({ $id: 'https://openapi.test/document', components: document.components });
    everyOperation(({ operation: { requestBody } }) => {
      const json = requestBody?.content['application/json'];
      if (!json) return false;
      const examples = json.examples ? Object.values(json.examples).map(({ value }) => value) : [json.example];
      const validate = ajv.compile({ $ref: `https://openapi.test/document${json.schema.$ref}` });
      return examples
        .map((example) =>
          example === undefined ? 'no example' : validate(example) ? '' : ajv.errorsText(validate.errors),
        )
        .join('');
    });
  });
});
