import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiSchema,
  fetchDocument,
  operationsOf,
  resolveResponse,
} from './openapi-document.js';

/** An answer, as far as the document speaks of it. */
export interface CheckableReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Where no route fits, the answer is still a problem. */
const UNROUTED: ApiOperation = {
  operationId: 'none',
  responses: { 404: { $ref: '#/components/responses/not-found' } },
};

/** Holds every answer against the service's own OpenAPI document: the status is documented and the body fits, with nothing beside it. */
export class ReplyChecker {
  private readonly ajv = createAjv();
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly routes: { method: string; pattern: RegExp; fixed: number; operation: ApiOperation }[];

  constructor(private readonly document: ApiDocument) {
    this.ajv.addSchema({
      $id: 'https://openapi.test/document',
      components: {
        schemas: Object.fromEntries(
          Object.entries(document.components.schemas).map(([name, schema]) => [name, closed(schema)]),
        ),
      },
    });
    this.routes = operationsOf(document)
      .map(({ method, path, operation }) => ({
        method: method.toUpperCase(),
        pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`),
        fixed: path.replace(/\{\w+\}/g, '').length,
        operation,
      }))
      .sort((a, b) => b.fixed - a.fixed);
  }

  static async of(serviceUrl: string): Promise<ReplyChecker> {
    return new ReplyChecker(await fetchDocument(serviceUrl));
  }

  /** @throws Error saying what the document does not foresee. */
  check(method: string, path: string, reply: CheckableReply): void {
    const address = path.split('?')[0]!;
    const operation =
      this.routes.find((route) => route.method === method && route.pattern.test(address))?.operation ?? UNROUTED;
    const where = `${method} ${path} (${operation.operationId}) answered ${reply.status}`;
    const response = operation.responses[String(reply.status)];
    if (!response) throw new Error(`${where}, which is not documented: ${JSON.stringify(reply.body)}`);
    if (!reply.headers.get('x-request-id')) throw new Error(`${where} without X-Request-Id`);
    const { content } = resolveResponse(this.document, response);
    if (!content) {
      if (reply.body !== '') throw new Error(`${where} with a body, and none is documented`);
      return;
    }
    const type = reply.headers.get('content-type')?.split(';')[0] ?? 'nothing';
    const media = content[type];
    if (!media) throw new Error(`${where} with ${type}, which is not documented`);
    const validate = this.validator(`${operation.operationId} ${reply.status} ${type}`, media.schema);
    if (!validate(withoutTestEvents(reply.body)))
      throw new Error(
        `${where} with a body that is not as documented: ${this.ajv.errorsText(validate.errors)}\n${JSON.stringify(reply.body)}`,
      );
  }

  private validator(name: string, schema: ApiSchema): ValidateFunction {
    let validate = this.validators.get(name);
    if (!validate) {
      validate = this.ajv.compile(absolute(closed(schema)));
      this.validators.set(name, validate);
    }
    return validate;
  }
}

/** Events that only tests write are in no catalogue. */
function withoutTestEvents(body: any): unknown {
  if (!Array.isArray(body?.data)) return body;
  return {
    ...body,
    data: body.data.filter((item: { type?: unknown } | null) => !String(item?.type).startsWith('countersign.test.')),
  };
}

export function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv;
}

/** A documented object holds what is documented and nothing else, unless it says otherwise. */
function closed(schema: ApiSchema): ApiSchema {
  return rewrite(schema, (one) =>
    one.properties && one.additionalProperties === undefined ? { ...one, additionalProperties: false } : one,
  );
}

function absolute(schema: ApiSchema): ApiSchema {
  return rewrite(schema, (one) =>
    one.$ref?.startsWith('#') ? { ...one, $ref: `https://openapi.test/document${one.$ref}` } : one,
  );
}

function rewrite(value: any, change: (schema: ApiSchema) => ApiSchema): any {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, change));
  if (value === null || typeof value !== 'object') return value;
  return change(
    Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, key === 'example' ? item : rewrite(item, change)]),
    ),
  );
}
