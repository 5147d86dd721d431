/** An answer of the service as a client sees it. */
export interface Reply<Body = any> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the service over HTTP as one identity. */
export class ServiceClient {
  constructor(
    readonly serviceUrl: string,
    private readonly token: string,
  ) {}

  get<Body = any>(path: string, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('GET', path, undefined, options);
  }

  post<Body = any>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('POST', path, body, options);
  }

  /** Sends lines of JSON, as a bulk import does. */
  postLines<Body = any>(path: string, lines: string): Promise<Reply<Body>> {
    return this.request('POST', path, lines, { headers: { 'content-type': 'application/x-ndjson' } });
  }

  put<Body = any>(path: string, body: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('PUT', path, body, options);
  }

  patch<Body = any>(path: string, body: unknown, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('PATCH', path, body, options);
  }

  delete<Body = any>(path: string, options: RequestOptions = {}): Promise<Reply<Body>> {
    return this.request('DELETE', path, undefined, options);
  }

  /** Opens a stream of server-sent events. */
  async stream(path: string, options: RequestOptions = {}): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(this.serviceUrl + path, {
      headers: { authorization: `Bearer ${this.token}`, accept: 'text/event-stream', ...options.headers },
      signal: abort.signal,
    });
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
    return new EventStream(response.body, abort);
  }

  protected async request<Body>(
    method: string,
    path: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<Reply<Body>> {
    const response = await fetch(this.serviceUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
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
  async waitFor(name: string, limitMs = 5_000): Promise<StreamedEvent> {
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
