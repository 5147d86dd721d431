import { type Client, ConnectionLost, Problem, type ReplyOf } from '@countersign/client';
import type { ConsoleSettings } from '../settings.js';
import type { Words } from '../messages/words.js';
import { Heartbeat } from './heartbeat.js';

export type Me = ReplyOf<'get', '/v1/me'>;

interface SessionOptions {
  readonly client: Client;
  readonly token: (options: { readonly renew: boolean }) => string | Promise<string>;
  readonly me: Me;
  readonly words: Words;
  readonly settings: ConsoleSettings;
}

/**
 * What all screens share while somebody is signed in. What is personal, and what is told once, is kept here and
 * nowhere else: it is gone with the page. Tells by `change` that something of it changed, and by `signed-out` that the
 * service takes the token no more.
 */
export class Session extends EventTarget {
  readonly client: Client;
  readonly token: SessionOptions['token'];
  readonly me: Me;
  readonly words: Words;
  readonly settings: ConsoleSettings;
  /** Whom the agent works for at the moment. */
  customerId = '';
  /** Codes of letters that were made here, by the change's id, until they are printed or the page goes. */
  readonly letters = new Map<string, { readonly code: string; readonly expiresAt: string }>();
  readonly heartbeat: Heartbeat;
  readonly #ended = new AbortController();
  /** Keys of requests of which nobody knows whether they were done. */
  readonly #open = new Map<string, string>();

  constructor({ client, token, me, words, settings }: SessionOptions) {
    super();
    this.client = client;
    this.token = token;
    this.me = me;
    this.words = words;
    this.settings = settings;
    this.heartbeat = new Heartbeat(this.signal, () => this.changed());
  }

  /** Aborts when the person signs out: no stream outlives that. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether the token opens an operation, by its `operationId`. */
  can(operation: string): boolean {
    return this.me.operations.includes(operation);
  }

  has(scope: Me['scopes'][number]): boolean {
    return this.me.scopes.includes(scope);
  }

  changed(): void {
    this.dispatchEvent(new Event('change'));
  }

  end(): void {
    this.#ended.abort();
    this.customerId = '';
    this.letters.clear();
    this.#open.clear();
  }

  /** Looks at a failure: a token that is refused for good ends the session. */
  notice(error: unknown): void {
    if (error instanceof Problem && error.status === 401) this.dispatchEvent(new Event('signed-out'));
  }

  /**
   * Posts under one key until it is known what became of it: a request that got no reply, and is sent again with the
   * same content, is not done twice.
   */
  readonly post: Client['post'] = (async (path: string, options: { path?: unknown; body?: unknown } = {}) => {
    const request = JSON.stringify([path, options.path, options.body]);
    const idempotencyKey = this.#open.get(request) ?? crypto.randomUUID();
    this.#open.set(request, idempotencyKey);
    try {
      const reply = await (this.client.post as (...given: unknown[]) => Promise<unknown>).call(this.client, path, {
        ...options,
        idempotencyKey,
      });
      this.#open.delete(request);
      return reply;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) this.#open.delete(request);
      throw error;
    }
  }) as Client['post'];
}
