import { Client } from '@countersign/client';
import { onceAdmitted } from './once-admitted.js';

/** An answer of the service as a client sees it. */
export interface Reply<Body = any> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a refusal that passes is what is asked about; else it is asked again (once-admitted.ts). */
  readonly once?: boolean;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The client of the kit for any path, and for bodies that the document does not foresee. */
type AnyRequest = (path: string, options: object) => Promise<unknown>;

const LONGEST_MILLISECONDS = 120_000;

/**
 * The service as one identity sees it, through the client of the kit: a refusal is a reply here, with its status and
 * headers, and nothing is sent that a test did not ask for: no retry of what was done, no idempotency key.
 */
export class ServiceClient {
  constructor(
    readonly serviceUrl: string,
    protected readonly token: string,
  ) {}

  get<Body = any>(path: string, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('get', path, undefined, options);
  }

  post<Body = any>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('post', path, body, options);
  }

  /** Sends lines of JSON, as a bulk import does. */
  postLines<Body = any>(path: string, lines: string): Promise<Reply<Body>> {
    return this.request('post', path, lines, { headers: { 'content-type': 'application/x-ndjson' } });
  }

  put<Body = any>(path: string, body: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('put', path, body, options);
  }

  patch<Body = any>(path: string, body: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('patch', path, body, options);
  }

  delete<Body = any>(path: string, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('delete', path, undefined, options);
  }

  /** Opens a stream of server-sent events. */
  async stream(path: string, options: RequestOptions = {}): Promise<EventStream> {
    const abort = new AbortController();
    const headers = { accept: 'text/event-stream', ...options.headers };
    const client = this.#client();
    const open = client.download as unknown as (path: string, options: object) => Promise<Response>;
    const response = await open.call(client, path, { headers, signal: abort.signal });
    return new EventStream(response.body!, abort);
  }

  private request<Body>(method: Method, path: string, body: unknown, options: RequestOptions): Promise<Reply<Body>> {
    const ask = (): Promise<Reply<Body>> => this.requestOnce<Body>(method, path, body, options);
    return options.once === true ? ask() : onceAdmitted(ask);
  }

  protected async requestOnce<Body>(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<Reply<Body>> {
    let reply: { status: number; headers: Headers; text: string } | undefined;
    const client = this.#client(async (input, init) => {
      const received = await fetch(input, init);
      const { status, headers } = received;
      const text = await received.text();
      reply = { status, headers, text };
      return new Response(text === '' ? null : text, { status, headers });
    });
    const type = options.headers?.['content-type'] ?? 'application/json';
    const sent = typeof body === 'string' ? new Blob([body]) : body;
    const request = client[method] as unknown as AnyRequest;
    await request
      .call(client, path, {
        ...(body === undefined ? {} : { body: sent }),
        headers: { ...(body === undefined ? {} : { 'content-type': type }), ...options.headers },
        idempotencyKey: '',
      })
      .catch((error: unknown) => {
        if (reply === undefined) throw error;
      });
    const { status, headers, text } = reply!;
    const isJson = /\bjson\b/.test(headers.get('content-type') ?? '');
    return { status, headers, body: (isJson ? JSON.parse(text) : text) as Body };
  }

  #client(through: typeof fetch = fetch): Client {
    const token = ({ renew }: { readonly renew: boolean }): string => {
      if (renew) throw new Error('there is no other token');
      return this.token;
    };
    return new Client({
      url: this.serviceUrl,
      token,
      retries: 0,
      timeoutMilliseconds: LONGEST_MILLISECONDS,
      fetch: through,
    });
  }
}

export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: any;
}

/** Reads server-sent events one at a time (WHATWG HTML §9.2.6, as far as this service uses it). */
export class EventStream {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private text = '';
  private last = '';

  constructor(
    body: ReadableStream<Uint8Array>,
    private readonly abort: AbortController,
  ) {
    this.reader = body.getReader();
  }

  /** What to send as Last-Event-ID to resume: of the lines that have been read, also of those that tell of no event. */
  get lastEventId(): string {
    return this.last;
  }

  /** The next event, or null once the stream has ended. */
  async next(): Promise<StreamedEvent | null> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.text.slice(0, end);
        this.text = this.text.slice(end + 2);
        const fields = fieldsOf(block);
        this.last = fields.get('id') ?? this.last;
        const data = fields.get('data');
        if (data !== undefined)
          return { id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) };
        continue;
      }
      const { done, value } = await this.reader.read();
      if (done) return null;
      this.text += this.decoder.decode(value, { stream: true });
    }
  }

  /** The next event of a name; fails where none comes in time. */
  async waitFor(name: string, limitMs = 60_000): Promise<StreamedEvent> {
    const timer = setTimeout(() => this.close(), limitMs);
    try {
      for (;;) {
        const event = await this.next().catch(() => null);
        if (!event) throw new Error(`no event ${name} came within ${limitMs} ms`);
        if (event.event === name) return event;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.abort.abort();
    // Where the platform has lost the request by now, as Node.js 20 may, its signal ends nothing any more.
    void this.reader.cancel().catch(() => undefined);
  }
}

function fieldsOf(block: string): Map<string, string> {
  return new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
}
