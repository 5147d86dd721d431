import pg from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { type ConnectionBudget, fitBudget } from './platform/connection-budget.js';
import { MOST_JOB_CONNECTIONS } from './platform/job-schema.js';
import { onceItTakesConnections } from './service-database.js';

/** What is served by: a configuration that asks for no more connections than there is room for, and those of background work. */
export interface Fitted {
  readonly config: Config;
  readonly jobConnections: number;
}

/** Asks the server how many connections there may be, and shares them among the processes of PROCESSES. */
export async function fitConnections(config: Config, serviceUrl: string, logger: Logger, work = config.workInProcess): Promise<Fitted> {
  const { sharedConnections, writeConnections, pooledConnections } = config;
  const wanted: ConnectionBudget = { sharedConnections, writeConnections, pooledConnections, jobConnections: work ? MOST_JOB_CONNECTIONS : 0 };
  const available = await onceItTakesConnections(logger, () => readAvailable(serviceUrl));
  const fitted = fitBudget(wanted, { available, processes: config.processes, tenants: config.tenants.length });
  if (fitted !== wanted) logger.warn({ available, processes: config.processes, wanted, fitted }, 'the database has room for fewer connections than the configuration asks for; fewer are opened');
  const { jobConnections, ...tenant } = fitted;
  return { config: { ...config, ...tenant }, jobConnections };
}

async function readAvailable(serviceUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: serviceUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    // reserved_connections came with PostgreSQL 16.
    const { rows: [row] } = await client.query<{ available: number }>(`
      SELECT least(
          current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true)::int, 0),
          nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1))::int AS available
        FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()`);
    return row!.available;
  } finally {
    await client.end();
  }
}
