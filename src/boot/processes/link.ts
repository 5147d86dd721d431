import { withinTimeLimit } from '../../upkeep/time-limit.js';

/** What goes between two processes: a question, or the answer to one. */
type Message =
  | { readonly ask: number; readonly what: string; readonly value: unknown }
  | { readonly answer: number; readonly value?: unknown; readonly error?: string };

type Handlers = Readonly<Record<string, (value: never) => unknown>>;

const ANSWER_MS = 10_000;

/** One end of the channel between the first process and one that serves; each may ask the other. */
export class Link {
  private readonly asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;
  private closed = false;

  /** @param send hands a message to the other end; it may fail by throwing. */
  constructor(
    private readonly send: (message: Message) => void,
    private readonly handlers: Handlers,
  ) {}

  /** @throws where the other end refused, is gone, or did not answer in time. */
  async ask<Answer>(what: string, value?: unknown, limitMs = ANSWER_MS): Promise<Answer> {
    if (this.closed) throw new Error('the other process is gone');
    const ask = (this.count += 1);
    try {
      return (await withinTimeLimit(
        new Promise<unknown>((resolve, reject) => {
          this.asked.set(ask, { resolve, reject });
          this.send({ ask, what, value });
        }),
        limitMs,
      )) as Answer;
    } finally {
      this.asked.delete(ask);
    }
  }

  /** Takes what came through the channel; what is not of this kind is somebody else's. */
  receive(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    if ('ask' in message) void this.answer(message as Extract<Message, { ask: number }>);
    if ('answer' in message) {
      const { answer, value, error } = message as Extract<Message, { answer: number }>;
      const waiting = this.asked.get(answer);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    }
  }

  /** The other end is gone. */
  close(): void {
    this.closed = true;
    for (const { reject } of this.asked.values()) reject(new Error('the other process is gone'));
  }

  private async answer({ ask, what, value }: Extract<Message, { ask: number }>): Promise<void> {
    try {
      if (!Object.hasOwn(this.handlers, what)) throw new Error('no such question');
      this.reply({ answer: ask, value: await this.handlers[what]!(value as never) });
    } catch (error) {
      this.reply({ answer: ask, error: (error as Error).message });
    }
  }

  /** Whoever asked may be gone by now. */
  private reply(message: Message): void {
    if (this.closed) return;
    try {
      this.send(message);
    } catch {
      this.close();
    }
  }
}
