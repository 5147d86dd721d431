/** What a look at the log says of whether it is held back. */
export interface Sighting {
  /** Before this transaction, all have ended. */
  readonly horizon: bigint;
  /** Whether events may have been written that have not settled; null where nobody could look. */
  readonly waits: boolean | null;
}

/** That the log has been held back for so long, or no longer is. */
export interface HoldNews {
  readonly held: boolean;
  readonly seconds: number;
  /** Whether it has lasted longer than an operator put up with. */
  readonly overdue: boolean;
}

/** Said when it has lasted for so long, and then again and again; transactions of a second or two are everyday. */
const FIRST_MS = [2_000, 15_000, 60_000];
const AGAIN_MS = 300_000;
/** However many transactions hold it one after the other. */
const LEAST_APART_MS = 10_000;

/** Tells when to say that one transaction keeps the log from settling while events wait. */
export class LogHoldWatch {
  private horizon: bigint | null = null;
  private since = 0;
  private due: number[] = [];
  private toldAt = -Infinity;
  private told = false;

  constructor(private readonly alertMs: number) {}

  /** @param now milliseconds of a clock that only goes forward */
  next({ horizon, waits }: Sighting, now: number): HoldNews | null {
    // A database that answers late, or not at all, has not told that anything is over.
    if (waits === null) return null;
    if (waits && horizon === this.horizon) return this.goOn(now);
    const over = this.told ? { held: false, seconds: this.secondsAt(now), overdue: this.isOverdue(now) } : null;
    this.horizon = waits ? horizon : null;
    this.since = now;
    this.told = false;
    this.due = [...new Set([...FIRST_MS, this.alertMs])].sort((a, b) => a - b);
    return over;
  }

  /** For how long the transaction that holds the log now has done so while events waited; 0 where none does. */
  secondsAt(now: number): number {
    return this.horizon === null ? 0 : (now - this.since) / 1_000;
  }

  isOverdue(now: number): boolean {
    return this.horizon !== null && now - this.since >= this.alertMs;
  }

  private goOn(now: number): HoldNews | null {
    const lasted = now - this.since;
    const passed = this.due.filter((due) => due <= lasted);
    if (passed.length === 0) return null;
    this.due = this.due.length > passed.length ? this.due.slice(passed.length) : [passed.at(-1)! + AGAIN_MS];
    // What an operator asked to be told is told; the rest only where nothing was said just now.
    if (now - this.toldAt < LEAST_APART_MS && !passed.includes(this.alertMs)) return null;
    this.toldAt = now;
    this.told = true;
    return { held: true, seconds: this.secondsAt(now), overdue: this.isOverdue(now) };
  }
}
