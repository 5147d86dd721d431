/** What is done again and again, and when. */
export interface LoopWork {
  /** The job, as metrics name it. */
  readonly name: string;
  /** One round. Returns after how long the next is due, milliseconds; nothing where that is always the same. */
  run(): Promise<number | void>;
  /** Milliseconds from the end of a round to the next, where the round does not say. */
  readonly everyMs: number;
  /** Milliseconds from a round that failed to the next, whatever came in between. As `everyMs` by default. */
  readonly retryMs?: number;
  /** Milliseconds from a round during which there was a wake to the next; at once by default. */
  readonly againMs?: number;
  /** Is given what a round threw. Returns after how long the next is due, milliseconds; nothing where `retryMs` says so. */
  failed?(error: Error): number | void;
}

/** What a round came to. */
export interface Round {
  readonly name: string;
  readonly seconds: number;
  readonly failed: boolean;
}

/** Rounds of one job, never two at once. Its timer keeps no process alive. */
export class Loop {
  private timer: { readonly due: number; readonly handle: NodeJS.Timeout } | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(
    private readonly work: LoopWork,
    private readonly over: (round: Round) => void,
  ) {}

  get isRunning(): boolean {
    return this.running !== null;
  }

  /** A round within so many milliseconds; where one is under way, another after it. */
  wake(withinMs = 0): void {
    if (this.running) this.again = true;
    else this.schedule(withinMs);
  }

  /** A round at once; where one is under way, another after it. */
  now(): void {
    if (this.running) this.again = true;
    else this.begin();
  }

  /** No round any more. Resolves once the one under way is over. */
  async stop(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer.handle);
    this.timer = null;
    await this.running;
  }

  private schedule(milliseconds: number): void {
    const due = performance.now() + milliseconds;
    if (this.closed || (this.timer && this.timer.due <= due)) return;
    if (this.timer) clearTimeout(this.timer.handle);
    this.timer = { due, handle: setTimeout(() => this.begin(), milliseconds).unref() };
  }

  private begin(): void {
    if (this.timer) clearTimeout(this.timer.handle);
    this.timer = null;
    if (this.closed) return;
    this.again = false;
    this.running = this.round().then(({ failed, waitMs }) => {
      this.running = null;
      const { againMs = 0 } = this.work;
      if (failed || !this.again) this.schedule(waitMs);
      else if (againMs > 0) this.schedule(againMs);
      else this.begin();
    });
  }

  private async round(): Promise<{ failed: boolean; waitMs: number }> {
    const { name, everyMs, retryMs = everyMs } = this.work;
    const began = performance.now();
    let failed = false;
    let waitMs: number;
    try {
      waitMs = (await this.work.run()) ?? everyMs;
    } catch (error) {
      failed = true;
      waitMs = this.work.failed?.(error as Error) ?? retryMs;
    }
    this.over({ name, seconds: (performance.now() - began) / 1_000, failed });
    return { failed, waitMs };
  }
}
