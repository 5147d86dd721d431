import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: any;
}

/** An answer, or what to do with the response instead. */
export type Reply =
  | { status?: number; type?: string; headers?: Record<string, string>; body?: unknown }
  | ((response: ServerResponse) => void);
export type Handler = (request: ReceivedRequest) => Reply;

export const CLIENT = { clientId: 'counter sign', clientSecret: 's3cr:t/é' };

/** Somebody else's API on this machine, with an OAuth token endpoint that gives out client-credential tokens. */
export class ApiServer {
  readonly requests: ReceivedRequest[] = [];
  readonly tokenRequests: ReceivedRequest[] = [];
  readonly #routes = new Map<string, Handler>();
  readonly #revoked = new Set<string>();
  /** Answers token requests; by default with `token-1`, `token-2` … */
  token: Handler = () => ({
    body: { access_token: `token-${this.tokenRequests.length}`, token_type: 'Bearer', expires_in: 300 },
  });

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ApiServer> {
    const server = createServer();
    const api = new ApiServer(server);
    server.on('request', (request, response) => {
      api.#answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get tokenUrl(): string {
    return `${this.url}/token`;
  }

  on(path: string, handler: Handler): void {
    this.#routes.set(path, handler);
  }

  revoke(token: string): void {
    this.#revoked.add(token);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const path = request.url ?? '';
    const isToken = path === '/token';
    const received = {
      path,
      headers: request.headers,
      body: isToken ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text),
    };
    (isToken ? this.tokenRequests : this.requests).push(received);
    const reply = isToken ? this.#tokenReply(received) : this.#reply(received);
    if (typeof reply === 'function') return reply(response);
    const { status = 200, type = 'application/json', headers = {}, body = '' } = reply;
    response
      .writeHead(status, { 'content-type': type, ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  #tokenReply(request: ReceivedRequest): Reply {
    const parts = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64')
      .toString()
      .split(':');
    const [id, secret] = parts.map((part) => new URLSearchParams(`v=${part}`).get('v'));
    if (id !== CLIENT.clientId || secret !== CLIENT.clientSecret)
      return { status: 401, body: { error: 'invalid_client' } };
    if (request.body.grant_type !== 'client_credentials')
      return { status: 400, body: { error: 'unsupported_grant_type' } };
    return this.token(request);
  }

  #reply(request: ReceivedRequest): Reply {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (!/^token-\d+$/.test(token) || this.#revoked.has(token)) {
      return {
        status: 401,
        body: { status: 401, code: 'UNAUTHENTICATED', message: 'The token is missing, wrong or expired.' },
      };
    }
    return (
      this.#routes.get(request.path)?.(request) ?? {
        status: 404,
        body: { status: 404, code: 'NOT_FOUND', message: 'There is no such resource.' },
      }
    );
  }
}
