import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { readAvailableConnections } from '../database/available-connections.js';
import { type ConnectionBudget, fitBudget } from '../database/connection-budget.js';
import { atPrimary } from '../database/at-primary.js';
import { MOST_JOB_CONNECTIONS } from '../database/job-schema.js';
import { onceItTakesConnections } from './service-database.js';

/**
 * What is served by: a configuration that asks for no more connections than there is room for, and those of background
 * work.
 */
export interface Fitted {
  readonly config: Config;
  readonly jobConnections: number;
}

/** Asks the server how many connections there may be, and shares them among the processes of PROCESSES. */
export async function fitConnections(
  config: Config,
  serviceUrl: string,
  logger: Logger,
  work = config.workInProcess,
): Promise<Fitted> {
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
  const fitted = fitBudget(wanted, { available, processes: config.processes, tenants: config.tenants.length });
  if (fitted !== wanted)
    logger.warn(
      { available, processes: config.processes, wanted, fitted },
      'the database has room for fewer connections than the configuration asks for; fewer are opened',
    );
  const { jobConnections, ...tenant } = fitted;
  return { config: { ...config, ...tenant }, jobConnections };
}
