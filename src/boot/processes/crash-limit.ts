/** Tells single deaths from a loop in which whatever is started dies again. */
export class CrashLimit {
  private readonly deaths: number[] = [];

  constructor(
    private readonly most: number,
    private readonly windowMs: number,
  ) {}

  /** Notes a death; true where there were more within the window than are put up with. */
  note(now: number): boolean {
    this.deaths.push(now);
    while (this.deaths[0]! <= now - this.windowMs) this.deaths.shift();
    return this.deaths.length > this.most;
  }
}
