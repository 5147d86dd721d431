/** How much there is to do, for one tenant at one process. */
export interface Pressure {
  /** For how long a statement or transaction that is not urgent has found no connection, milliseconds. */
  readonly waitedMs: number;
  /** Its statements that are under way or wait. */
  readonly statements: number;
  /** Requests that this process works on, of all tenants and of this one. */
  readonly requests: number;
  readonly ownRequests: number;
  /** Tenants of which it works on some, this one among them. */
  readonly tenants: number;
}

type Sheddable = 'interactive' | 'stream' | 'bulk';

/** Far longer than a connection is waited for under any load that is served; a verdict gives up after 1.5 s, everything after 4 s. */
const WAITED_MS = { bulk: 500, interactive: 3_000, stream: 3_000 } as const;
/** Of the 2,000 beyond which nothing is taken. */
const STATEMENTS = { bulk: 500, interactive: 1_000, stream: 1_000 } as const;
/** Of the most that a process works on. */
const SHARE = { bulk: 0.5, interactive: 1, stream: 1 } as const;

/**
 * Whether a request of a class is refused. What keeps one tenant's database busy refuses nothing of another's; where the process itself
 * has too much to do, only who has a fair share of it or more is refused: whoever has nothing under way is always let in.
 */
export function isShed(loadClass: Sheddable, pressure: Pressure, mostRequests: number): boolean {
  const most = mostRequests * SHARE[loadClass];
  return (
    pressure.waitedMs >= WAITED_MS[loadClass] ||
    pressure.statements >= STATEMENTS[loadClass] ||
    (pressure.requests >= most && pressure.ownRequests >= most / pressure.tenants)
  );
}
