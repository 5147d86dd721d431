const BEAT_MILLISECONDS = 2_000;
const LIMIT_MILLISECONDS = 2_000;
const STALE_AFTER_MILLISECONDS = 4_500;

/** Whether the service is heard of: a stream that is silent and one that is cut look the same for too long. */
export class Heartbeat {
  #heardAt = performance.now();
  #heard = new Date();
  #wasStale = false;

  /** Beats until the signal aborts, and says when what is shown became old, and when it is not any more. */
  constructor(
    signal: AbortSignal,
    private readonly onChange: () => void,
  ) {
    const beating = setInterval(() => void this.#beat(), BEAT_MILLISECONDS);
    const looking = setInterval(() => this.#look(), 500);
    const lose = (): void => {
      this.#heardAt = -Infinity;
      this.#look();
    };
    addEventListener('offline', lose);
    signal.addEventListener('abort', () => {
      clearInterval(beating);
      clearInterval(looking);
      removeEventListener('offline', lose);
    });
  }

  get stale(): boolean {
    return performance.now() - this.#heardAt > STALE_AFTER_MILLISECONDS;
  }

  /** When the service was heard of last. */
  get heardAt(): Date {
    return this.#heard;
  }

  async #beat(): Promise<void> {
    try {
      const options = {
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(LIMIT_MILLISECONDS),
      } as const;
      const response = await fetch('/health/live', options);
      if (!response.ok) return;
      this.#heardAt = performance.now();
      this.#heard = new Date();
      this.#look();
    } catch {
      this.#look();
    }
  }

  #look(): void {
    if (this.stale === this.#wasStale) return;
    this.#wasStale = this.stale;
    this.onChange();
  }
}
