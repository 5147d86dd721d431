import type { paths } from './generated/api.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type Operation<Path extends keyof paths, M extends Method> = M extends keyof paths[Path] ? paths[Path][M] : never;

/** The paths that take a method. */
export type PathOf<M extends Method> = {
  [Path in keyof paths]: Operation<Path, M> extends { responses: unknown } ? Path : never;
}[keyof paths];

type Json<Content> = Content extends { 'application/json': infer Body } ? Body : undefined;

/** What an operation gives back where it succeeds. */
export type ReplyOf<M extends Method, Path extends keyof paths> =
  Operation<Path, M> extends { responses: infer Responses }
    ? {
        [Status in keyof Responses]: Status extends 200 | 201 | 202
          ? Responses[Status] extends { content: infer Content }
            ? Json<Content>
            : undefined
          : Status extends 204
            ? undefined
            : never;
      }[keyof Responses]
    : never;

type BodyOf<O> = O extends { requestBody: { content: infer Content } }
  ? { readonly body: Json<Content> }
  : O extends { requestBody?: { content: infer Content } }
    ? { readonly body?: Json<Content> }
    : { readonly body?: undefined };

type PathParameters<O> = O extends { parameters: { path: infer Parameters } }
  ? { readonly path: Parameters }
  : { readonly path?: undefined };

type QueryParameters<O> = O extends { parameters: { query?: infer Query } } ? { readonly query?: Query } : object;

/** What an operation takes, and how it is to be sent. */
export type OptionsOf<M extends Method, Path extends keyof paths> = BodyOf<Operation<Path, M>> &
  PathParameters<Operation<Path, M>> &
  QueryParameters<Operation<Path, M>> &
  SendOptions;

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Of a POST; a random one by default. The same key and body are done once. */
  readonly idempotencyKey?: string;
}

/** The items of a list. */
export type ItemOf<Path extends PathOf<'get'>> =
  ReplyOf<'get', Path> extends { data: readonly (infer Item)[]; next: string | null } ? Item : never;
