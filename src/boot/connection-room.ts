import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import type { TenantRegistry } from '../config/tenant-registry.js';
import { readAvailableConnections } from '../database/available-connections.js';
import {
  type ConnectionBudget,
  planBehindPooler,
  planConnections,
  planReplicaConnections,
  type ReplicaPlan,
} from '../database/connection-budget.js';
import type { ReplicaSettings } from '../database/replica-reads.js';
import { atPrimary } from '../database/at-primary.js';
import { MOST_JOB_CONNECTIONS } from '../database/job-schema.js';
import { watchingConnections, withLoginOf } from '../database/hosts.js';
import { onceItTakesConnections } from './service-database.js';

/**
 * What is served by: a configuration that asks for no more connections than there is room for, and those of background
 * work.
 */
export interface Fitted {
  readonly config: Config;
  readonly jobConnections: number;
  /** Whether all tenants have the same connections. */
  readonly areShared: boolean;
  /** Whether they have the same ones to the replica. */
  readonly replicaIsShared: boolean;
}

/** Who is to have connections, where to. */
export interface Place {
  readonly config: Config;
  readonly serviceUrl: string;
  readonly logger: Logger;
  readonly tenants: TenantRegistry;
  /** Whether there is background work. */
  readonly work?: boolean;
}

/** Asks the server how many connections there may be, and shares them among the processes of PROCESSES. */
export async function fitConnections(place: Place): Promise<Fitted> {
  const { config, serviceUrl, logger, work = config.workInProcess } = place;
  const tenants = place.tenants.all().length;
  const { sharedConnections, writeConnections, pooledConnections } = config;
  const wanted: ConnectionBudget = {
    sharedConnections,
    writeConnections,
    pooledConnections,
    jobConnections: work ? MOST_JOB_CONNECTIONS : 0,
  };
  const available = await onceItTakesConnections(logger, async () =>
    readAvailableConnections(await atPrimary(serviceUrl)),
  );
  const { budget, areShared } =
    config.poolerUrl === undefined
      ? planConnections(wanted, {
          available,
          processes: config.processes,
          tenants,
          watching: watchingConnections(serviceUrl),
        })
      : planBehindPooler(wanted);
  if (areShared) logger.info({ tenants, connections: budget }, 'all tenants share the connections of a process');
  else if (budget !== wanted)
    logger.warn(
      { available, processes: config.processes, wanted, fitted: budget },
      'the database has room for fewer connections than the configuration asks for; fewer are opened',
    );
  const { jobConnections, ...lanes } = budget;
  const replica = await fitReplica(config, serviceUrl, logger, tenants);
  return {
    config: { ...config, ...lanes, replicaConnections: replica.connections },
    jobConnections,
    areShared,
    replicaIsShared: replica.areShared,
  };
}

/** The connections to the replica; as many as is wanted where it does not say now what it has room for. */
async function fitReplica(config: Config, serviceUrl: string, logger: Logger, tenants: number): Promise<ReplicaPlan> {
  const { replicaConnections: wanted, processes } = config;
  const replica = replicaOf(config, serviceUrl, false);
  if (!replica) return { connections: wanted, areShared: false };
  const available = await readAvailableConnections(replica.url).catch(() => Infinity);
  const plan = planReplicaConnections(wanted, { available, processes, tenants });
  const { connections: fitted, areShared } = plan;
  if (areShared) logger.info({ tenants, connections: fitted }, 'all tenants share the connections to the replica');
  else if (fitted < wanted)
    logger.warn(
      { available, processes, wanted, fitted },
      'the replica has room for fewer connections than the configuration asks for; fewer are opened',
    );
  return plan;
}

/** The replica that a configuration names, with the login that serves; null where it names none. */
export function replicaOf(config: Config, serviceUrl: string, areShared: boolean): ReplicaSettings | null {
  if (config.replicaUrl === undefined) return null;
  return {
    url: withLoginOf(config.replicaUrl, serviceUrl),
    maxLagSeconds: config.replicaMaxLagSeconds,
    connections: config.replicaConnections,
    areShared,
  };
}
