import request from 'supertest';
import { type Reply, type RequestOptions, ServiceClient } from '../../scripts/demo/service-client.js';
import type { ReplyChecker } from './reply-checker.js';

const MOST_REDIRECTS = 5;

/** Speaks HTTP through supertest, and fails on any answer that the OpenAPI document does not foresee. */
export class CheckedClient extends ServiceClient {
  constructor(
    serviceUrl: string,
    private readonly accessToken: string,
    private readonly checker: ReplyChecker,
  ) {
    super(serviceUrl, accessToken);
  }

  protected override async request<Body>(
    method: string,
    path: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<Reply<Body>> {
    const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    const client = request(this.serviceUrl);
    const sending = client[verb](path)
      .set({
        authorization: `Bearer ${this.accessToken}`,
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
    this.checker.check(method, path, reply);
    return reply;
  }
}

function readText(stream: NodeJS.ReadableStream, done: (error: Error | null, text: string) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks).toString('utf8')));
  stream.on('error', (error: Error) => done(error, ''));
}
