import type { OpenAPIObject } from '@nestjs/swagger';
import { composeExample } from './openapi-examples.js';
import { problemResponse } from '../api-problems.js';
import { NEVER_REPLAYED_MARK } from '../idempotency/idempotency.interceptor.js';
import { LOAD_CLASS_MARK } from '../load/load-class.js';
import { RATE_LIMIT_MARK } from '../limits/rate-limited.js';
import { PROBLEMS } from '../problem-kinds.js';
import { type RefusalReason } from '../../refusals/refusal.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
interface Parameter {
  name: string;
  in: string;
  description?: string;
  example?: unknown;
  schema?: { example?: unknown };
}
type Responses = Record<
  string,
  {
    $ref?: string;
    description?: string;
    headers?: object;
    content?: Record<string, { examples?: Record<string, unknown> }>;
  }
>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const HEADERS = {
  'X-Request-Id': {
    description: 'Names this request in the logs; a sane one that was sent is kept.',
    schema: { type: 'string' },
    example: '0d6b0f5e-6f3c-4bd1-9a55-2f0f6a3f4c11',
  },
  'Idempotency-Replayed': {
    description: '`true` where this is the first answer again.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'Accept-Encoding': {
    description: 'Of a body in a content encoding: that none is taken.',
    schema: { type: 'string', enum: ['identity'] },
    example: 'identity',
  },
  'RateLimit-Policy': {
    description:
      'How often this may be done: the quota `q` in a window of `w` seconds (draft-ietf-httpapi-ratelimit-headers-11 §3).',
    schema: { type: 'string' },
    example: '"references";q=60;w=60',
  },
  RateLimit: {
    description:
      'How often it may be done still, `r`, and in how many seconds there is more, `t` (the same draft, §4).',
    schema: { type: 'string' },
    example: '"references";r=59;t=60',
  },
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string' }, example: '1' },
  'WWW-Authenticate': {
    description: 'RFC 6750 §3.',
    schema: { type: 'string' },
    example: 'Bearer error="insufficient_scope", scope="agent telephony"',
  },
};

const LIMIT_HEADERS = Object.fromEntries(
  ['RateLimit-Policy', 'RateLimit'].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

// Without an example: a page that fills it in would send the same key with every try.
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  description: 'The same key and body give the first answer again, for 24 hours; another body is refused.',
};

/** What stands in paths and is said nowhere else. */
const PATH_PARAMETERS: Readonly<Record<string, { description: string; example: string }>> = {
  customerId: { description: "The bank's own id of the customer: 1 to 64 of A–Z a–z 0–9 . _ -", example: 'cust-1001' },
  deviceId: { description: 'Id of the device.', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  callId: { description: 'Id of the call.', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  verdictId: { description: 'Id of the verdict.', example: 'vdt_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  verificationId: { description: 'Id of the verification.', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  changeId: { description: 'Id of the change.', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  callbackId: { description: 'Id of the callback.', example: 'cbk_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  reportId: { description: 'Id of the report.', example: 'rpt_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  campaignId: { description: 'Id of the campaign.', example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  noticeId: { description: 'Id of the notice.', example: 'ntc_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  subscriptionId: { description: 'Id of the subscription.', example: 'psub_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  webhookId: { description: 'Id of the webhook.', example: 'whk_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  traceId: { description: 'The `traceId` of a refusal.', example: 'trc_01jd3f6q8zfk1rz1m3v9w1c2aa' },
  number: { description: 'The phone number, best in E.164.', example: '+442079460100' },
  reference: {
    description: 'What the customer was told, in any case, with or without the hyphen.',
    example: '3QM7-2D4F',
  },
  slug: { description: "Last segment of the problem's `type`.", example: 'push-budget' },
};

/** Adds to every operation what follows from its kind, so that no route says it by hand and none forgets it. */
export function complete(document: OpenAPIObject): OpenAPIObject {
  const problems: Record<string, unknown> = {};
  const schemas = document.components?.schemas ?? {};
  showTimes(schemas as Parameters<typeof showTimes>[0]);
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) completeOperation(operation, method, problems, schemas);
    }
  }
  document.components = {
    ...document.components,
    headers: HEADERS,
    responses: problems as NonNullable<OpenAPIObject['components']>['responses'],
  };
  document.servers = [{ url: '/', description: 'The service that serves this document.' }];
  return document;
}

function completeOperation(
  operation: Operation,
  method: string,
  problems: Record<string, unknown>,
  schemas: Readonly<Record<string, unknown>>,
): void {
  const replayable = method === 'post' && !(NEVER_REPLAYED_MARK in operation) && operation.security !== undefined;
  const limited = RATE_LIMIT_MARK in operation;
  for (const mark of [NEVER_REPLAYED_MARK, RATE_LIMIT_MARK])
    delete (operation as unknown as Record<string, unknown>)[mark];
  const responses = operation.responses as Responses;
  const slugs = new Set<RefusalReason>(
    Object.values(responses).flatMap(
      (response) => Object.keys(response.content?.['application/problem+json']?.examples ?? {}) as RefusalReason[],
    ),
  );
  for (const slug of impliedProblems(operation, replayable)) slugs.add(slug);
  operation.security ??= [];
  if (replayable) operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY] as Operation['parameters'];
  for (const parameter of (operation.parameters ?? []) as unknown as Parameter[]) completeParameter(parameter);
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) >= 400) delete responses[status];
    else responses[status] = succeed(response, status, { replayable, limited });
  }
  Object.assign(responses, refusals([...slugs], problems));
  const json = (
    operation.requestBody as
      { content?: Record<string, { schema: object; example?: unknown; examples?: unknown }> } | undefined
  )?.content?.['application/json'];
  if (json && json.examples === undefined) json.example ??= composeExample(json.schema, schemas);
}

function completeParameter(parameter: Parameter): void {
  const known = parameter.in === 'path' ? PATH_PARAMETERS[parameter.name] : undefined;
  parameter.description ??= known?.description;
  parameter.example ??= parameter.schema?.example ?? known?.example;
}

/** A time that has no example of its own shows what a time looks like. */
function showTimes(
  schemas: Readonly<Record<string, { properties?: Record<string, { format?: string; example?: unknown }> }>>,
): void {
  for (const schema of Object.values(schemas))
    for (const property of Object.values(schema.properties ?? {}))
      if (property.format === 'date-time') property.example ??= '2026-01-31T09:30:00.000Z';
}

/** What any operation of this kind can answer with, whatever it does. */
function impliedProblems(operation: Operation, replayable: boolean): RefusalReason[] {
  const takesInput = operation.requestBody !== undefined || (operation.parameters ?? []).length > 0;
  return [
    ...(takesInput ? ['malformed-request' as const] : []),
    ...(operation.requestBody === undefined
      ? []
      : ['invalid-request' as const, 'payload-too-large' as const, 'unsupported-media-type' as const]),
    ...(replayable
      ? [
          'invalid-request' as const,
          'idempotency-in-progress' as const,
          'idempotency-key-reused' as const,
          'payload-too-large' as const,
          'unsupported-media-type' as const,
        ]
      : []),
    // What a tenant may do in a second.
    ...(operation.security === undefined ? [] : ['too-many-requests' as const]),
    ...(loadClassOf(operation) === 'critical' ? [] : ['overloaded' as const]),
    'internal-error',
  ];
}

function loadClassOf(operation: Operation): unknown {
  return (operation as unknown as Record<string, unknown>)[LOAD_CLASS_MARK];
}

function succeed(
  response: Responses[string],
  status: string,
  { replayable, limited }: { replayable: boolean; limited: boolean },
): Responses[string] {
  const headers = {
    ...REQUEST_ID,
    ...(replayable ? { 'Idempotency-Replayed': { $ref: '#/components/headers/Idempotency-Replayed' } } : {}),
    ...(limited ? LIMIT_HEADERS : {}),
    ...response.headers,
  };
  return { ...response, description: response.description || (status === '201' ? 'Created.' : 'Done.'), headers };
}

/** One response a status. Operations share them: each is a component, named after its problems. */
function refusals(
  slugs: readonly RefusalReason[],
  problems: Record<string, unknown>,
): Record<string, { $ref: string }> {
  const order = Object.keys(PROBLEMS);
  const byStatus = new Map<number, RefusalReason[]>();
  for (const slug of [...slugs].sort((a, b) => order.indexOf(a) - order.indexOf(b)))
    byStatus.set(PROBLEMS[slug].status, [...(byStatus.get(PROBLEMS[slug].status) ?? []), slug]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => {
      const name = ofStatus.join('.');
      problems[name] ??= {
        ...problemResponse(status, ofStatus),
        headers: { ...REQUEST_ID, ...refusalHeaders(status, ofStatus) },
      };
      return [String(status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function refusalHeaders(status: number, slugs: readonly RefusalReason[]): object {
  if (status === 401 || status === 403)
    return { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } };
  if (status === 415) return { 'Accept-Encoding': { $ref: '#/components/headers/Accept-Encoding' } };
  const retryAfter = { 'Retry-After': { $ref: '#/components/headers/Retry-After' } };
  if (status === 503) return retryAfter;
  if (status === 429) return slugs.includes('too-many-requests') ? { ...retryAfter, ...LIMIT_HEADERS } : retryAfter;
  return {};
}
