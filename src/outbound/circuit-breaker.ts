/** When a circuit opens, and for how long. */
export interface CircuitLimits {
  /** Consecutive failures after which it opens. */
  failures: number;
  /** How long nothing is let through, in milliseconds; then one operation is, as a probe. */
  openForMs: number;
}

export const CIRCUIT_LIMITS: Readonly<CircuitLimits> = { failures: 5, openForMs: 30_000 };

/** The operation was not started, since those before it failed. */
export class CircuitOpen extends Error {}

/**
 * Keeps operations away from something that fails: *closed* lets all through; *open* none; *half-open* one at a time,
 * whose success closes the circuit and whose failure opens it anew.
 */
export class CircuitBreaker {
  #failures = 0;
  #openedAt: number | null = null;
  #probing = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly limits: Readonly<CircuitLimits> = CIRCUIT_LIMITS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get state(): 'closed' | 'open' | 'half_open' {
    if (this.#openedAt === null) return 'closed';
    return this.now() - this.#openedAt < this.limits.openForMs ? 'open' : 'half_open';
  }

  /**
   * Runs an operation and counts a rejection as a failure.
   * @throws CircuitOpen where it is not let through; else what the operation throws
   */
  async run<Result>(operation: () => Promise<Result>): Promise<Result> {
    const { state } = this;
    if (state === 'open' || (state === 'half_open' && this.#probing)) throw new CircuitOpen('the circuit is open');
    const isProbe = state === 'half_open';
    if (isProbe) this.#probing = true;
    try {
      const result = await operation();
      this.#succeeded(isProbe);
      return result;
    } catch (cause) {
      this.#failed(isProbe);
      throw cause;
    } finally {
      if (isProbe) this.#probing = false;
    }
  }

  /** One that started before the circuit opened says nothing about whether to close it: only the probe does. */
  #succeeded(isProbe: boolean): void {
    if (!isProbe && this.#openedAt !== null) return;
    this.#failures = 0;
    this.#openedAt = null;
  }

  #failed(isProbe: boolean): void {
    if (!isProbe && this.#openedAt !== null) return;
    this.#failures += 1;
    if (isProbe || this.#failures >= this.limits.failures) this.#openedAt = this.now();
  }
}
