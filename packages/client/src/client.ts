import type { ItemOf, Method, OptionsOf, PathOf, ReplyOf, SendOptions } from './operations.js';
import { ConnectionLost, Problem, problemOf } from './problem.js';
import { type Event, type FollowOptions, followStream } from './streams.js';
import { type ImportProgress, importLines } from './imports.js';

/** Gives the access token; asked with `renew` after one was refused. */
export type TokenSource = (options: { readonly renew: boolean }) => string | Promise<string>;

export interface ClientOptions {
  /** Where the service is, such as `https://verify.bank.example`. */
  readonly url: string;
  readonly token: TokenSource;
  /** For the words in replies. */
  readonly locale?: string;
  /** How often a request is sent again after a lost connection, a 429 or a 503; 3 by default. */
  readonly retries?: number;
  /** How long one try may take; 10,000 by default. */
  readonly timeoutMilliseconds?: number;
  /** In place of the platform's. */
  readonly fetch?: typeof fetch;
}

/** Values of a path or a query, as they go into the address. */
type Parameters = Readonly<Record<string, unknown>>;

interface AnyOptions extends SendOptions {
  readonly path?: Parameters;
  readonly query?: Parameters;
  readonly body?: unknown;
}

/** What an operation takes; optional where nothing of it is required. */
type Rest<Options> = object extends Options ? [options?: Options] : [options: Options];

/**
 * The service as one caller sees it. A request is sent again, with growing pauses, after a lost connection, a 429 or a
 * 503 where that does no harm: GET, PUT and DELETE, and POST under its idempotency key.
 *
 * Each method throws a `Problem` for a refusal, and `ConnectionLost` where no reply came.
 */
export class Client {
  constructor(private readonly options: ClientOptions) {}

  get<P extends PathOf<'get'>>(path: P, ...[options]: Rest<OptionsOf<'get', P>>): Promise<ReplyOf<'get', P>> {
    return this.json('get', path, options);
  }

  post<P extends PathOf<'post'>>(path: P, ...[options]: Rest<OptionsOf<'post', P>>): Promise<ReplyOf<'post', P>> {
    return this.json('post', path, options);
  }

  put<P extends PathOf<'put'>>(path: P, ...[options]: Rest<OptionsOf<'put', P>>): Promise<ReplyOf<'put', P>> {
    return this.json('put', path, options);
  }

  patch<P extends PathOf<'patch'>>(path: P, ...[options]: Rest<OptionsOf<'patch', P>>): Promise<ReplyOf<'patch', P>> {
    return this.json('patch', path, options);
  }

  delete<P extends PathOf<'delete'>>(
    path: P,
    ...[options]: Rest<OptionsOf<'delete', P>>
  ): Promise<ReplyOf<'delete', P>> {
    return this.json('delete', path, options);
  }

  /** All items of a list, page after page. */
  async *list<P extends PathOf<'get'>>(
    path: P,
    ...[options]: Rest<OptionsOf<'get', P>>
  ): AsyncGenerator<ItemOf<P>, void> {
    const given = (options ?? {}) as AnyOptions;
    let after: string | null = null;
    do {
      const query: Parameters = after === null ? (given.query ?? {}) : { ...given.query, after };
      const page = (await this.json('get', path, { ...given, query })) as { data: ItemOf<P>[]; next: string | null };
      yield* page.data;
      after = page.next;
    } while (after !== null);
  }

  /** The events of a stream, over cut connections and expired tokens, until the signal aborts. */
  stream<P extends PathOf<'get'>>(path: P, options: OptionsOf<'get', P> & FollowOptions): AsyncGenerator<Event, void> {
    const given = options as AnyOptions & FollowOptions;
    return followStream((headers) => this.send('get', path, { ...given, headers }), given);
  }

  /** Streams lines of JSON to a bulk import; each item becomes a line. */
  import<P extends PathOf<'post'>>(
    path: P,
    items: Iterable<unknown> | AsyncIterable<unknown>,
    options: Omit<OptionsOf<'post', P>, 'body'> & { readonly onProgress?: (progress: ImportProgress) => void },
  ): Promise<ReplyOf<'post', P>> {
    const given = options as AnyOptions & { readonly onProgress?: (progress: ImportProgress) => void };
    return importLines(
      (body) => this.send('post', path, { ...given, body, idempotencyKey: '' }),
      items,
      given.onProgress,
    );
  }

  /** A response as it came, such as of an export. */
  async download<P extends PathOf<'get'>>(path: P, ...[options]: Rest<OptionsOf<'get', P>>): Promise<Response> {
    return this.send('get', path, { headers: { accept: '*/*' }, ...options } as AnyOptions);
  }

  private async json<Reply>(method: Method, path: string, options: unknown): Promise<Reply> {
    const response = await this.retried(method, path, (options ?? {}) as AnyOptions);
    if (response.status === 204) return undefined as Reply;
    try {
      return (await response.json()) as Reply;
    } catch (cause) {
      throw new ConnectionLost('The reply could not be read.', { cause });
    }
  }

  private async retried(method: Method, path: string, options: AnyOptions): Promise<Response> {
    const idempotencyKey = options.idempotencyKey ?? (method === 'post' ? crypto.randomUUID() : '');
    const repeatable = method !== 'patch';
    for (let left = repeatable ? (this.options.retries ?? 3) : 0, tries = 0; ; left -= 1, tries += 1) {
      try {
        const timeout = AbortSignal.timeout(this.options.timeoutMilliseconds ?? 10_000);
        const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
        return await this.send(method, path, { ...options, signal, idempotencyKey });
      } catch (error) {
        if (left <= 0 || options.signal?.aborted || !passes(error)) throw error;
        const told = error instanceof Problem ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        await pause(Math.max(told, 100 * 2 ** tries * (0.5 + Math.random())), options.signal);
      }
    }
  }

  /** @throws Problem for all but a success; ConnectionLost */
  private async send(method: Method, path: string, options: AnyOptions): Promise<Response> {
    let response = await this.sendOnce(method, path, options, false);
    if (response.status === 401) {
      await response.body?.cancel().catch(() => undefined);
      response = await this.sendOnce(method, path, options, true);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  private async sendOnce(method: Method, path: string, options: AnyOptions, renew: boolean): Promise<Response> {
    const { body, headers, idempotencyKey = '', signal } = options;
    const streamed = body instanceof ReadableStream || body instanceof Blob;
    const url = this.options.url.replace(/\/+$/, '') + address(path, options);
    try {
      return await (this.options.fetch ?? fetch)(url, {
        method: method.toUpperCase(),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${await this.options.token({ renew })}`,
          ...(this.options.locale === undefined ? {} : { 'accept-language': this.options.locale }),
          ...(body === undefined ? {} : { 'content-type': streamed ? 'application/x-ndjson' : 'application/json' }),
          ...(idempotencyKey === '' ? {} : { 'idempotency-key': idempotencyKey }),
          ...headers,
        },
        ...(signal ? { signal } : {}),
        ...(body === undefined ? {} : { body: streamed ? body : JSON.stringify(body) }),
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      } as RequestInit);
    } catch (cause) {
      throw new ConnectionLost('No reply came.', { cause });
    }
  }
}

function passes(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  return (
    error instanceof Problem &&
    (error.status === 429 || error.status === 503 || error.slug === 'idempotency-in-progress')
  );
}

/** @throws TypeError where a value of the path is missing. */
function address(template: string, { path = {}, query = {} }: AnyOptions): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name];
    if (value === undefined || value === '') throw new TypeError(`${name} is missing`);
    // An address with dots for a segment is another address.
    if (value === '.' || value === '..') throw new TypeError(`${name} cannot be in an address`);
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) search.set(name, Array.isArray(value) ? value.join() : String(value));
  return search.size === 0 ? filled : `${filled}?${search}`;
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
