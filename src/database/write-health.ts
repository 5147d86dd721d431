/** Why no statement can change anything, by the error that says so; other errors are of one statement alone. */
const CAUSES: Readonly<Record<string, string>> = {
  '53100': 'Its disk is full.',
  '58030': 'Its disk fails.',
  '25006': 'It is read-only, as a standby is.',
};

/** For so long what could be written to before is taken to be writable still. */
const PROVED_MS = 5_000;

/** Thrown in place of a statement that would change something, while nothing may be decided. */
export class WritesHeld extends Error {
  override readonly name = 'WritesHeld';
}

/** Whether a database takes writes, as far as was seen by those that were asked of it. */
export class WriteHealth {
  private failure: string | null = null;
  private failedAt = -Infinity;
  private held: string | null = null;
  private provedAt = -Infinity;

  /** Why nothing can be written or decided just now, as a sentence; null where nothing is known to be in the way. */
  get obstacle(): string | null {
    return this.held ?? this.failure;
  }

  /** Whether it should be tried, because the last that was tried failed or was long ago. */
  get isUnproved(): boolean {
    return this.failure !== null || performance.now() - this.provedAt > PROVED_MS;
  }

  /** @throws WritesHeld */
  requireWritable(): void {
    if (this.held !== null) throw new WritesHeld(this.held);
  }

  /** Lets nothing be written until it is called with null. */
  hold(because: string | null): void {
    this.held = because;
  }

  /**
   * A page was written, which was asked for at `askedAt` (`performance.now()`); what failed after that still counts. That a
   * statement succeeded says less: it may have changed nothing, or found room that was left.
   */
  proved(askedAt: number): void {
    if (this.failedAt > askedAt) return;
    this.failure = null;
    this.provedAt = askedAt;
  }

  failed(error: unknown): void {
    const cause = CAUSES[(error as { code?: string } | null)?.code ?? ''];
    if (cause === undefined) return;
    this.failure = `The database cannot be written to. ${cause}`;
    this.failedAt = performance.now();
  }
}
