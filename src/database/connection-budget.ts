/**
 * Most connections of one process: of each tenant those that read, those that write and those for transactions, and
 * those of background work.
 */
export interface ConnectionBudget {
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
  readonly jobConnections: number;
}

export interface ConnectionRoom {
  /** Connections that this login may have in all. */
  readonly available: number;
  /** Processes that share them. */
  readonly processes: number;
  readonly tenants: number;
}

/** For the owner, and for whoever looks in. */
const SPARE = 1;
/** One is told that there are jobs, and the other does them. */
const FEWEST_JOB_CONNECTIONS = 2;
/** Who gets one more next: what writes first, as each such connection serves one statement at a time. */
const TURNS = ['writeConnections', 'pooledConnections', 'sharedConnections', 'jobConnections'] as const;

/** How many connections one process opens at most with such a budget. */
export function mostConnections(budget: ConnectionBudget, tenants: number): number {
  return (
    tenants * (budget.sharedConnections + budget.writeConnections + budget.pooledConnections) + budget.jobConnections
  );
}

/**
 * What is wanted, where there is room for it; else as much of it as there is room for, in turns, and of each kind one at
 * least (background work: two), even where there is no room for that.
 */
export function fitBudget(
  wanted: ConnectionBudget,
  { available, processes, tenants }: ConnectionRoom,
): ConnectionBudget {
  const most = Math.floor((available - SPARE) / processes);
  if (mostConnections(wanted, tenants) <= most) return wanted;
  const fitted = {
    sharedConnections: 1,
    writeConnections: 1,
    pooledConnections: 1,
    jobConnections: Math.min(FEWEST_JOB_CONNECTIONS, wanted.jobConnections),
  };
  for (let grew = true; grew;) {
    grew = false;
    for (const kind of TURNS) {
      const more = { ...fitted, [kind]: fitted[kind] + 1 };
      if (more[kind] > wanted[kind] || mostConnections(more, tenants) > most) continue;
      fitted[kind] += 1;
      grew = true;
    }
  }
  return fitted;
}

/** How many connections to a replica each tenant may have: one to look at it is each process's, and at least one each tenant's. */
export function fitReplicaConnections(wanted: number, { available, processes, tenants }: ConnectionRoom): number {
  const perProcess = Math.floor((available - SPARE) / processes) - 1;
  return Math.max(1, Math.min(wanted, Math.floor(perProcess / tenants)));
}
