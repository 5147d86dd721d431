import type { Event, ItemOf } from '@countersign/client';
import { Problem } from '@countersign/client';
import type { Session } from './session.js';

export type Call = ItemOf<'/v1/calls'>;
export type Whose = { readonly agent: string } | { readonly team: string };

/** Beyond this many calls with news at once, the list is read anew. */
const MOST_AT_ONCE = 20;
const GATHER_MILLISECONDS = 150;
/** After that long, what could not be read is read again. */
const AGAIN_MILLISECONDS = 5_000;

/**
 * The live calls of an agent or of a team, kept by their stream: the stream is open before the list is read, so nothing
 * falls between them. Tells by `change`, and by `alarm` of each relay that is suspected from now on.
 */
export class LiveCalls extends EventTarget {
  readonly #calls = new Map<string, Call>();
  readonly #news = new Set<string>();
  readonly #stop = new AbortController();
  #gathering: ReturnType<typeof setTimeout> | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Whether the stream stands, and the list was read since. */
  current = false;
  failure: unknown = null;

  constructor(
    private readonly session: Session,
    private readonly whose: Whose,
  ) {
    super();
    session.signal.addEventListener('abort', () => this.stop(), { signal: this.#stop.signal });
    void this.#follow();
  }

  /** Alarms first, then the newest. */
  get calls(): readonly Call[] {
    return [...this.#calls.values()].sort(
      (one, other) =>
        Number(other.relaySuspectedAt !== null) - Number(one.relaySuspectedAt !== null) ||
        other.startedAt.localeCompare(one.startedAt),
    );
  }

  stop(): void {
    this.#stop.abort();
    if (this.#gathering) clearTimeout(this.#gathering);
    clearTimeout(this.#again);
  }

  /** Reads one call again at once, such as after something was done to it. */
  async refresh(callId: string): Promise<void> {
    await this.#read(callId);
    this.#tell();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const onStale = (stale: boolean): void => {
      this.current = false;
      clearTimeout(this.#again);
      if (!stale) void this.#list();
      this.#tell();
    };
    try {
      for await (const event of this.session.client.stream('/v1/calls/stream', { query: this.whose, signal, onStale }))
        this.#take(event);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #list(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const found: Call[] = [];
      const query = { state: 'live', limit: 200, ...this.whose } as const;
      for await (const call of this.session.client.list('/v1/calls', { query, signal })) found.push(call);
      this.#calls.clear();
      for (const call of found) this.#calls.set(call.id, call);
      this.current = true;
      this.failure = null;
      this.#tell();
    } catch (error) {
      this.#failToRead(error);
    }
  }

  #take(event: Event): void {
    const { callId } = event.data as { callId?: string };
    if (callId === undefined) return;
    if (event.type === 'countersign.call.relay_suspected')
      this.dispatchEvent(new CustomEvent('alarm', { detail: callId }));
    this.#news.add(callId);
    this.#gathering ??= setTimeout(() => void this.#catchUp(), GATHER_MILLISECONDS);
  }

  async #catchUp(): Promise<void> {
    this.#gathering = null;
    const news = [...this.#news];
    this.#news.clear();
    if (news.length > MOST_AT_ONCE) return this.#list();
    await Promise.all(news.map((callId) => this.#read(callId)));
    this.#tell();
  }

  async #read(callId: string): Promise<void> {
    try {
      const call = await this.session.client.get('/v1/calls/{callId}', {
        path: { callId },
        signal: this.#stop.signal,
      });
      if (call.state === 'live' && this.#isOurs(call)) this.#calls.set(callId, call);
      else this.#calls.delete(callId);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.#calls.delete(callId);
      else this.#failToRead(error);
    }
  }

  /** A call that was handed on is told of on both sides. */
  #isOurs({ agent, transferTo }: Call): boolean {
    const { subject } = this.session.me;
    if ('team' in this.whose) return agent.department === this.whose.team || transferTo === subject;
    return agent.id === subject || transferTo === subject;
  }

  /** The stream may stand as long as it likes: unless it is refused, the list is read again. */
  #failToRead(error: unknown): void {
    this.#fail(error);
    clearTimeout(this.#again);
    const refused = error instanceof Problem && error.status < 500 && error.status !== 429;
    if (!refused && !this.#stop.signal.aborted) this.#again = setTimeout(() => void this.#list(), AGAIN_MILLISECONDS);
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.current = false;
    this.failure = error;
    this.session.notice(error);
    this.#tell();
  }

  #tell(): void {
    this.dispatchEvent(new Event('change'));
  }
}
