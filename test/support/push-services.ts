import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { createServer as createHttpServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { compactVerify, type JWTPayload, jwtVerify } from 'jose';

export interface ReceivedPush {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface PushReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
type Behaviour = (push: ReceivedPush, n: number) => PushReply | null;

/** What each path was sent, and how it behaves: by default as a push service that takes everything. */
class Received {
  readonly pushes: ReceivedPush[] = [];
  private readonly behaviours = new Map<string, Behaviour>();

  behave(path: string, behaviour: Behaviour): void {
    this.behaviours.set(path, behaviour);
  }

  at(path: string): ReceivedPush[] {
    return this.pushes.filter((push) => push.path === path);
  }

  take(push: ReceivedPush, otherwise: PushReply): PushReply | null {
    this.pushes.push(push);
    const behaviour = this.behaviours.get(push.path);
    return behaviour ? behaviour(push, this.at(push.path).length) : otherwise;
  }
}

/** A push service of a browser's maker (RFC 8030) on this machine. */
export class WebPushService extends Received {
  private constructor(private readonly server: Server) {
    super();
  }

  static async start(): Promise<WebPushService> {
    const server = createHttpServer();
    const service = new WebPushService(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const push = {
          path: request.url!,
          headers: request.headers as IncomingHttpHeaders,
          body: Buffer.concat(chunks),
        };
        const reply = service.take(push, { status: 201 });
        if (reply === null) response.destroy();
        else response.writeHead(reply.status, reply.headers).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A browser with a subscription: it reads what the push service could not. */
export class PushedBrowser {
  private readonly key: ECDH = createECDH('prime256v1');
  private readonly auth = randomBytes(16);
  readonly path = `/push/${randomBytes(8).toString('hex')}`;

  constructor(private readonly service: WebPushService) {
    this.key.generateKeys();
  }

  get subscription() {
    return {
      kind: 'webpush',
      endpoint: this.service.url + this.path,
      keys: { p256dh: this.key.getPublicKey().toString('base64url'), auth: this.auth.toString('base64url') },
    };
  }

  get pushes(): ReceivedPush[] {
    return this.service.at(this.path);
  }

  /** Decrypts by hand: RFC 8291, section 3.4, and RFC 8188. */
  read({ body, headers }: ReceivedPush): unknown {
    if (headers['content-encoding'] !== 'aes128gcm') throw new Error('of another encoding');
    const [salt, idLength] = [body.subarray(0, 16), body.readUInt8(20)];
    const sender = body.subarray(21, 21 + idLength);
    const secret = this.key.computeSecret(sender);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.key.getPublicKey(), sender]);
    const input = Buffer.from(hkdfSync('sha256', secret, this.auth, info, 32));
    const derive = (label: string, bytes: number) =>
      Buffer.from(hkdfSync('sha256', input, salt, `Content-Encoding: ${label}\0`, bytes));
    const record = body.subarray(21 + idLength);
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    return JSON.parse(padded.subarray(0, padded.lastIndexOf(2)).toString('utf8'));
  }
}

/** Checks the VAPID header as a push service does (RFC 8292), and returns its claims with the key that it names. */
export async function readVapid(push: ReceivedPush): Promise<{ claims: JWTPayload; key: string }> {
  const [, token, key] = /^vapid t=([^,]+), k=([^,]+)$/.exec(String(push.headers.authorization))!;
  const point = Buffer.from(key!, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' });
  const { payload } = await jwtVerify(token!, publicKey, { algorithms: ['ES256'] });
  return { claims: payload, key: key! };
}

/** An HTTP/2 service on this machine, without TLS: Firebase's or Apple's, as its path and headers say. */
export class Http2PushService extends Received {
  private readonly sessions = new Set<ServerHttp2Session>();

  private constructor(private readonly server: Http2Server) {
    super();
  }

  static async start(): Promise<Http2PushService> {
    const server = createHttp2Server();
    const service = new Http2PushService(server);
    server.on('session', (session) => {
      service.sessions.add(session);
      session.on('close', () => service.sessions.delete(session));
    });
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const push = { path: String(headers[':path']), headers: { ...headers }, body: Buffer.concat(chunks) };
        const reply = service.take(push, { status: 200, body: {} });
        if (reply === null) return stream.session?.destroy();
        stream.respond({ ':status': reply.status, ...reply.headers });
        stream.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.sessions.size;
  }

  /** Says that no more streams are taken on the connections that there are. */
  goAway(): void {
    for (const session of this.sessions) session.goaway();
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The claims and header of a JWT that this key signed. */
export async function readJwt(token: string, publicKey: KeyObject): Promise<{ header: any; claims: any }> {
  const { payload, protectedHeader } = await compactVerify(token, publicKey);
  return { header: protectedHeader, claims: JSON.parse(Buffer.from(payload).toString('utf8')) };
}
