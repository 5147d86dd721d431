import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

interface Waiting {
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (error: Error) => void;
}

const TIMEOUT_MS = 30_000;
const HEAD_END = '\r\n\r\n';

/**
 * One kept-alive HTTP/1.1 connection with one request under way at a time. It reads just what servers of JSON send
 * (a status line and Content-Length), so that the driver takes as little as it can of the cores that it measures on.
 */
export class HttpConnection {
  private waiting: Waiting | null = null;
  private received: Buffer = Buffer.alloc(0);
  private broken: Error | null = null;
  private readonly opened: Promise<void>;
  private readonly socket: Socket;

  constructor(private readonly port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.opened = new Promise((resolve, reject) => this.socket.once('connect', resolve).once('error', reject));
    this.socket.on('data', (chunk: Buffer) => this.take(chunk));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the server closed the connection')));
    this.socket.setTimeout(TIMEOUT_MS, () => this.socket.destroy());
  }

  /** Sends one request; `headers` are complete lines, each with its line break. */
  async request(method: string, path: string, headers: string, body?: string): Promise<HttpAnswer> {
    await this.opened;
    if (this.broken) throw this.broken;
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
      this.socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.port}\r\n${headers}${length}\r\n${body ?? ''}`,
      );
    });
  }

  /** Whether no further request may be sent: the server closed it, or it failed. */
  get isBroken(): boolean {
    return this.broken !== null;
  }

  close(): void {
    this.socket.removeAllListeners('close').destroy();
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? (/^HTTP\/1\.1 [23]04/.test(head) ? '0' : undefined);
    if (length === undefined) return this.fail(new Error(`an answer without Content-Length: ${head.slice(0, 80)}`));
    const end = headEnd + HEAD_END.length + Number(length);
    if (this.received.length < end) return;
    const answer = {
      status: Number(head.slice(9, 12)),
      body: this.received.toString('utf8', headEnd + HEAD_END.length, end),
    };
    this.received = this.received.subarray(end);
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve(answer);
  }

  private fail(error: Error): void {
    this.broken ??= error;
    const { waiting } = this;
    this.waiting = null;
    waiting?.reject(error);
  }
}

/** Connections that are handed out to whoever needs one; more are made as needed, up to a bound. */
export class HttpConnections {
  private readonly free: HttpConnection[] = [];
  private readonly queue: ((connection: HttpConnection) => void)[] = [];
  private readonly all = new Set<HttpConnection>();

  constructor(
    private readonly port: number,
    private readonly most: number,
  ) {}

  async request(method: string, path: string, headers: string, body?: string): Promise<HttpAnswer> {
    const connection = await this.take();
    try {
      return await connection.request(method, path, headers, body);
    } finally {
      const next = this.queue.shift();
      if (connection.isBroken) {
        this.all.delete(connection);
        next?.(this.make());
      } else if (next) next(connection);
      else this.free.push(connection);
    }
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  private take(): HttpConnection | Promise<HttpConnection> {
    for (let free = this.free.pop(); free; free = this.free.pop()) {
      if (!free.isBroken) return free;
      this.all.delete(free);
    }
    if (this.all.size >= this.most) return new Promise((resolve) => this.queue.push(resolve));
    return this.make();
  }

  private make(): HttpConnection {
    const made = new HttpConnection(this.port);
    this.all.add(made);
    return made;
  }
}
