import type { RawReply } from './raw-http.js';
import { send } from './raw-http.js';

/** One operation of the OpenAPI document, as far as a walk over all of them needs it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The scopes of which a token needs one; none for a public operation. */
  readonly scopes: readonly string[];
  readonly parameters: readonly string[];
  /** Answers with a stream, which does not end by itself. */
  readonly streams: boolean;
  /** What a body may be; none for an operation that takes none. */
  readonly mediaType?: string;
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string;
        security?: Record<string, string[]>[];
        requestBody?: { content: object };
        responses: Record<string, { content?: object }>;
      }
    >
  >;
}

/** Every operation that the running service documents. */
export async function listOperations(serviceUrl: string): Promise<Operation[]> {
  const { paths } = (await send(serviceUrl, { path: '/openapi.json' })).body as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      scopes: (operation.security ?? []).flatMap((requirement) => Object.values(requirement).flat()),
      parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
      mediaType: Object.keys(operation.requestBody?.content ?? {})[0],
      streams: 'text/event-stream' in (operation.responses['200']?.content ?? {}),
    })),
  );
}

/** Calls an operation with an empty body, where it may have one; parameters that are not given are made up. */
export function callOperation(
  serviceUrl: string,
  { method, path, mediaType = 'application/json' }: Operation,
  { token, values = {}, body = {} }: { token?: string | string[]; values?: Record<string, string>; body?: object } = {},
): Promise<RawReply> {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(values[name] ?? 'x'));
  const authorization: Record<string, string | string[]> =
    token === undefined
      ? {}
      : { authorization: Array.isArray(token) ? token.map((one) => `Bearer ${one}`) : `Bearer ${token}` };
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  return send(serviceUrl, {
    method,
    path: filled,
    headers: { ...authorization, ...(hasBody ? { 'content-type': mediaType, 'if-match': '"0"' } : {}) },
    ...(hasBody ? { body: JSON.stringify(body) } : {}),
  });
}
