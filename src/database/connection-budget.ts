/**
 * Most connections of one process: of each tenant those that read, those that write and those for transactions, and
 * those of background work. Where tenants share them, the first three are of all tenants together.
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
  /** Those by which each process asks the primary whether it still is: one, where the database has several hosts. */
  readonly watching?: number;
}

/** How the connections of a process are used. */
export interface ConnectionPlan {
  readonly budget: ConnectionBudget;
  /** Whether all tenants have the same ones. */
  readonly areShared: boolean;
}

/** How the connections of a process to a replica are used. */
export interface ReplicaPlan {
  /** Of each tenant, or of all together. */
  readonly connections: number;
  /** Whether all tenants have the same ones. */
  readonly areShared: boolean;
}

/** For the owner, and for whoever looks in. */
const SPARE = 1;
/** One is told that there are jobs, and the other does them. */
const FEWEST_JOB_CONNECTIONS = 2;
/** Who gets one more next: what writes first, as each such connection serves one statement at a time. */
const TURNS = ['writeConnections', 'pooledConnections', 'sharedConnections', 'jobConnections'] as const;
/** So many tenants have connections of their own, however few there are. */
const FEW_TENANTS = 4;
/** More than this a process opens only where the tenants are few. */
const MOST_OF_PROCESS = 128;
/** One that tenants share serves one statement at a time, where one of a tenant's own that reads takes many. */
const READERS_FOR_ONE = 5;
/** At a replica: as many as that for what is wanted for one. */
const SHARED_FOR_ONE = 5;

/** How many connections one process opens at most with such a budget. */
export function mostConnections(budget: ConnectionBudget, tenants: number): number {
  return (
    tenants * (budget.sharedConnections + budget.writeConnections + budget.pooledConnections) + budget.jobConnections
  );
}

/**
 * Whether tenants have connections of their own, and how many: they do where they are few, or where what is wanted for each fits in. Else
 * they share what is wanted for one; the number of tenants says nothing about it any more.
 */
export function planConnections(wanted: ConnectionBudget, room: ConnectionRoom): ConnectionPlan {
  const isOwn =
    room.tenants <= FEW_TENANTS || mostConnections(wanted, room.tenants) <= Math.min(MOST_OF_PROCESS, mostOf(room));
  if (isOwn) return { budget: fitBudget(wanted, room), areShared: false };
  const together = { ...wanted, sharedConnections: READERS_FOR_ONE * wanted.sharedConnections };
  return { budget: fitBudget(together, { ...room, tenants: 1 }), areShared: true };
}

/** Connections to a pooler, which all tenants share: how many sessions there are behind it, it decides by itself. */
export function planBehindPooler(wanted: ConnectionBudget): ConnectionPlan {
  return { budget: { ...wanted, sharedConnections: READERS_FOR_ONE * wanted.sharedConnections }, areShared: true };
}

/**
 * What is wanted, where there is room for it; else as much of it as there is room for, in turns, and of each kind one at
 * least (background work: two), even where there is no room for that.
 */
export function fitBudget(wanted: ConnectionBudget, room: ConnectionRoom): ConnectionBudget {
  const { tenants } = room;
  const most = mostOf(room);
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

/** What one process may open, beside those by which it watches. */
function mostOf({ available, processes, watching = 0 }: ConnectionRoom): number {
  return Math.floor((available - SPARE) / processes) - watching;
}

/**
 * How many connections to a replica each tenant may have, or all tenants together, where they are not few and what is wanted for each does
 * not fit in. One to look at it is each process's.
 */
export function planReplicaConnections(wanted: number, room: ConnectionRoom): ReplicaPlan {
  const { available, processes, tenants } = room;
  const perProcess = Math.floor((available - SPARE) / processes) - 1;
  const areShared = tenants > FEW_TENANTS && tenants * wanted > Math.min(MOST_OF_PROCESS, perProcess);
  const [most, sets] = areShared ? [SHARED_FOR_ONE * wanted, 1] : [wanted, tenants];
  return { connections: Math.max(1, Math.min(most, Math.floor(perProcess / sets))), areShared };
}
