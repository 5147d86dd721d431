import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly id: string;
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: any;
}

/** A status to answer with, or what to do with the response instead. */
export type Behaviour = number | ((response: ServerResponse, received: ReceivedWebhook) => void);

/** Endpoints on this machine: each path behaves as it is told, and answers 204 otherwise. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  private readonly behaviours = new Map<string, Behaviour>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(port = 0): Promise<WebhookReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const receiver = new WebhookReceiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          const one: ReceivedWebhook = {
            id: String(request.headers['webhook-id']),
            at: Date.now(),
            path: request.url!,
            headers: request.headers,
            body,
            event: JSON.parse(body),
          };
          receiver.received.push(one);
          const behaviour = receiver.behaviours.get(one.path) ?? 204;
          if (typeof behaviour === 'number') response.writeHead(behaviour).end();
          else behaviour(response, one);
        });
    });
    return receiver;
  }

  behave(path: string, behaviour: Behaviour): void {
    this.behaviours.set(path, behaviour);
  }

  at(path: string): ReceivedWebhook[] {
    return this.received.filter((one) => one.path === path);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
