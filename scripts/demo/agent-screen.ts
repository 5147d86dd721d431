import type { Client, Event, EventOf } from '@countersign/client';

/** What an agent's screen hears of a call, from when it is opened. */
export class AgentScreen {
  readonly #close = new AbortController();
  readonly #events: AsyncGenerator<Event, void>;
  #next: Promise<IteratorResult<Event, void>>;

  constructor(agent: Client, callId: string) {
    const path = { callId };
    this.#events = agent.stream('/v1/calls/{callId}/stream', { path, signal: this.#close.signal });
    this.#next = this.#ask();
  }

  /** The next event of a type. @throws Error where none comes in time, Problem where the stream is refused. */
  async hear<Type extends Event['type']>(type: Type, limitMilliseconds = 30_000): Promise<EventOf<Type>> {
    const timer = setTimeout(() => this.close(), limitMilliseconds);
    try {
      for (;;) {
        const { value } = await this.#next;
        if (!value) throw new Error(`no event ${type} came within ${limitMilliseconds} ms`);
        this.#next = this.#ask();
        if (value.type === type) return value as EventOf<Type>;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#close.abort();
  }

  /** Asked for at once, so that the stream is open before somebody waits; a refusal is thrown when somebody does. */
  #ask(): Promise<IteratorResult<Event, void>> {
    const next = this.#events.next();
    next.catch(() => undefined);
    return next;
  }
}
