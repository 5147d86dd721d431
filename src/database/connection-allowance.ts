/** After a refusal no further connection is asked for so long, milliseconds, while one is open. */
export const REFUSED_MS = 2_000;
/** What was given up is not taken back for so long. */
const GIVEN_UP_MS = 5_000;

/** SQLSTATE `too_many_connections` (PostgreSQL, appendix A): of the server, of the database or of the login. */
const TOO_MANY_CONNECTIONS = '53300';

/** Whether a connection was refused because there are as many as there may be. */
export function isRefusedAsTooMany(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === TOO_MANY_CONNECTIONS;
}

/** How many connections to a server one set of them may have just now. Times are those of `performance.now()`. */
export class ConnectionAllowance {
  private openNoneBefore = -Infinity;
  private kept = Infinity;
  private givenUpUntil = -Infinity;

  constructor(private readonly most: number) {}

  /** Whether one more may be asked for, beside those that are open or being opened. The first may always be. */
  mayOpen(live: number, now: number): boolean {
    return live === 0 || (live < this.most && now >= this.openNoneBefore);
  }

  /** One that was asked for could not be opened. */
  refused(now: number): void {
    this.openNoneBefore = Math.max(this.openNoneBefore, now + REFUSED_MS);
  }

  /** Somebody else here has none, and the server has no more: half of what is open is to be closed. */
  giveWay(open: number, now: number): void {
    if (now < this.givenUpUntil) return;
    this.kept = Math.max(1, Math.ceil(open / 2));
    this.givenUpUntil = now + GIVEN_UP_MS;
    this.openNoneBefore = Math.max(this.openNoneBefore, this.givenUpUntil);
  }

  /** How many of those that are open are to be closed as soon as nothing stands on them. */
  surplus(open: number, now: number): number {
    return now < this.givenUpUntil ? Math.max(0, open - this.kept) : 0;
  }
}
