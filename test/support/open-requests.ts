import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { Reply } from './service-client.js';

/** Longer than any answer takes, and shorter than the client waits: of what the client gives up nobody could tell why. */
const NO_ANSWER_MS = 100_000;

interface OpenRequest {
  readonly what: string;
  readonly since: number;
  /** From which it was sent; none where it never was. */
  port?: number;
}

/** Requests that have no answer yet, each with an id by which the service's log and its sockets tell what became of it. */
export class OpenRequests {
  /** How many had an answer. */
  answered = 0;
  private readonly open = new Map<string, OpenRequest>();

  /** @param whatGoesOn at the service, for the message about a request that has no answer */
  constructor(private readonly whatGoesOn: () => Promise<string>) {
    subscribe('undici:client:sendHeaders', (message) => {
      const { headers, socket } = message as { headers: string; socket: { localPort?: number } };
      const request = this.open.get(/^x-request-id: (\S+)/im.exec(headers)?.[1] ?? '');
      if (request && socket.localPort !== undefined) request.port = socket.localPort;
    });
  }

  /** @throws where there is no answer for long, with all that is known of it. */
  async follow(what: string, ask: (id: string) => Promise<Reply>): Promise<Reply> {
    const id = randomUUID();
    this.open.set(id, { what, since: Date.now() });
    let timer: NodeJS.Timeout | undefined;
    const hanging = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const told = this.tell();
        this.whatGoesOn().then(
          (more) => reject(new Error(`no answer came to ${id}\n${told}\n${more}`)),
          (error: unknown) => reject(new Error(`no answer came to ${id}\n${told}`, { cause: error })),
        );
      }, NO_ANSWER_MS);
    });
    try {
      const reply = await Promise.race([ask(id), hanging]);
      this.answered += 1;
      return reply;
    } finally {
      clearTimeout(timer);
      this.open.delete(id);
    }
  }

  private tell(): string {
    const now = Date.now();
    return [...this.open]
      .map(
        ([id, { what, since, port }]) =>
          `${id} ${what}, open for ${now - since} ms, ${port === undefined ? 'never sent' : `sent from port ${port}`}`,
      )
      .join('\n');
  }
}
