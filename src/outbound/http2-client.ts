import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';

export interface Http2Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the beginning to the last byte, the connection included. */
  readonly totalMs: number;
}

export interface Http2Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Empty where it was longer than is read. */
  readonly body: string;
}

/** No answer: why not, without anything that was sent or received. */
export class Http2Failed extends Error {
  constructor(readonly reason: 'timeout' | 'connection' | 'stopped') {
    super(`no answer: ${reason}`);
  }
}

const MOST_BODY_BYTES = 64 * 1024;
/** A connection that nothing goes over is closed, so that none is used that a firewall has forgotten. */
const IDLE_MS = 60_000;

/** Posts to one operator-chosen origin over one HTTP/2 connection (RFC 9113), which is made anew when it has ended. */
export class Http2Client {
  private session: ClientHttp2Session | null = null;
  private closed = false;

  /** @param origin https; http (with prior knowledge) is for development. */
  constructor(private readonly origin: string) {}

  /** @throws Http2Failed */
  async post({ path, headers, body, totalMs }: Http2Request): Promise<Http2Answer> {
    if (this.closed) throw new Http2Failed('stopped');
    const session = this.open();
    const sent: OutgoingHttpHeaders = {
      ...headers,
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
    };
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(totalMs);
      const fail = (): void =>
        reject(new Http2Failed(this.closed ? 'stopped' : signal.aborted ? 'timeout' : 'connection'));
      // A session that has just failed throws here, before there is a stream.
      try {
        const stream = session.request(sent, { signal });
        let answer: Omit<Http2Answer, 'body'> | null = null;
        const chunks: Buffer[] = [];
        let bytes = 0;
        stream.on('response', (got) => {
          const retryAfter = got['retry-after'];
          answer = { status: Number(got[':status']), retryAfter: typeof retryAfter === 'string' ? retryAfter : null };
        });
        stream.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
          else stream.close(constants.NGHTTP2_CANCEL);
        });
        stream.on('error', () => undefined);
        stream.on('close', () => {
          if (answer === null || signal.aborted) return fail();
          resolve({ ...answer, body: bytes > MOST_BODY_BYTES ? '' : Buffer.concat(chunks).toString('utf8') });
        });
        stream.end(body);
      } catch {
        fail();
      }
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.closed = true;
    this.session?.destroy();
  }

  private open(): ClientHttp2Session {
    const known = this.session;
    if (known && !known.closed && !known.destroyed) return known;
    const session = connect(this.origin);
    session.on('error', () => undefined);
    session.on('goaway', () => this.forget(session));
    session.on('close', () => this.forget(session));
    session.setTimeout(IDLE_MS, () => session.close());
    session.unref();
    this.session = session;
    return session;
  }

  private forget(session: ClientHttp2Session): void {
    if (this.session === session) this.session = null;
  }
}
