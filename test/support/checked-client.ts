import { type Reply, type RequestOptions, ServiceClient } from '../../scripts/demo/service-client.js';
import type { ReplyChecker } from './reply-checker.js';

/** A client that fails on any answer that the OpenAPI document does not foresee. */
export class CheckedClient extends ServiceClient {
  constructor(serviceUrl: string, token: string, private readonly checker: ReplyChecker) {
    super(serviceUrl, token);
  }

  protected override async request<Body>(method: string, path: string, body: unknown, options: RequestOptions): Promise<Reply<Body>> {
    const reply = await super.request<Body>(method, path, body, options);
    this.checker.check(method, path, reply);
    return reply;
  }
}
