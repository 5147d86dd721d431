/** Apart, so that many who look for work do not look at one moment. */
const SPREAD = 0.2;

/** How long somebody who looks for work waits before looking again: little while there is some, and ever longer while there is none. */
export class Pace {
  private next: number;

  constructor(
    private readonly leastMs: number,
    private readonly mostMs: number,
  ) {
    this.next = leastMs;
  }

  /** There was something, or there is said to be. */
  hurry(): void {
    this.next = this.leastMs;
  }

  /** There was nothing; returns how long to wait, milliseconds. */
  rest(): number {
    const wait = this.waitMs;
    this.next = Math.min(this.next * 2, this.mostMs);
    return wait * (1 - SPREAD * Math.random());
  }

  /** How long the next rest is at most, milliseconds. */
  get waitMs(): number {
    return this.next;
  }
}
