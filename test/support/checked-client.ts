import request from 'supertest';
import { type Reply, type RequestOptions, ServiceClient } from './service-client.js';
import type { ReplyChecker } from './reply-checker.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

const MOST_REDIRECTS = 5;

/** Speaks HTTP through supertest, and fails on any answer that the OpenAPI document does not foresee. */
export class CheckedClient extends ServiceClient {
  constructor(
    serviceUrl: string,
    token: string,
    private readonly checker: ReplyChecker,
  ) {
    super(serviceUrl, token);
  }

  protected override async requestOnce<Body>(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<Reply<Body>> {
    const client = request(this.serviceUrl);
    const sending = client[method](path)
      .set({
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      })
      .redirects(MOST_REDIRECTS)
      .buffer(true)
      .parse((response, done) => readText(response as unknown as NodeJS.ReadableStream, done));
    if (body !== undefined)
      sending.serialize((value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)));
    const response = await (body === undefined ? sending : sending.send(body as object));
    const headers = new Headers(
      Object.entries(response.headers as Record<string, string | string[]>).map(([name, value]) => [
        name,
        String(value),
      ]),
    );
    const text = response.body as string;
    const reply = {
      status: response.status,
      headers,
      body: (/\bjson\b/.test(headers.get('content-type') ?? '') ? JSON.parse(text) : text) as Body,
    };
    this.checker.check(method.toUpperCase(), path, reply);
    return reply;
  }
}

function readText(stream: NodeJS.ReadableStream, done: (error: Error | null, text: string) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks).toString('utf8')));
  stream.on('error', (error: Error) => done(error, ''));
}
