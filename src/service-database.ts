import { hkdfSync } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { requireConfinedLogin } from './platform/databases.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './platform/embedded-postgres.js';
import { MOST_JOB_CONNECTIONS } from './platform/jobs.js';
import { createLogger } from './platform/logger.js';
import { ensureServiceLogin, migrate } from './platform/migrate.js';

/** A database that is up to date. */
export interface ReadyDatabase {
  /** The login that serves. */
  readonly serviceDatabaseUrl: string;
  readonly embedded: EmbeddedPostgres | null;
}

const EMBEDDED_DATABASE = 'countersign';
/** Those of the owner and of whoever looks in. */
const SPARE_CONNECTIONS = 20;
const FEWEST_CONNECTIONS = 100;

/** Starts the embedded database where none is configured, and brings either up to date. */
export async function bringUpDatabase(config: Config, logger: Logger): Promise<ReadyDatabase> {
  const embedded = config.ownerDatabaseUrl || config.serviceDatabaseUrl ? null : await startEmbedded(config, logger);
  try {
    return { serviceDatabaseUrl: await prepareDatabase(config, embedded?.url ?? config.ownerDatabaseUrl, logger), embedded };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function startEmbedded(config: Config, logger: Logger): Promise<EmbeddedPostgres> {
  const settings = { max_connections: String(Math.max(FEWEST_CONNECTIONS, mostConnections(config) + SPARE_CONNECTIONS)) };
  return startEmbeddedPostgres({ dataDirectory: config.dataDirectory, database: EMBEDDED_DATABASE, settings, log: (message) => logger.info(message) });
}

/** As docs/operations.md counts them. */
function mostConnections(config: Config): number {
  const each = config.sharedConnections + config.writeConnections + config.pooledConnections;
  return config.processes * (config.tenants.length * each + (config.workInProcess ? MOST_JOB_CONNECTIONS : 0));
}

/** Brings the database up to date as far as the configuration says, and returns the address of the login that serves. */
export async function prepareDatabase(config: Config, ownerUrl: string | undefined, logger: Logger): Promise<string> {
  if (config.migrate && ownerUrl) {
    const applied = await migrate(ownerUrl, config.eventsRetentionMonths);
    if (applied.length > 0) logger.info({ migrations: applied }, 'migrated');
  }
  const serviceUrl = config.serviceDatabaseUrl ?? (await ensureServiceLogin(ownerUrl!, servicePassword(config)));
  await requireConfinedLogin(serviceUrl);
  return serviceUrl;
}

/** It follows from the master key, so that every node of a deployment makes the same login. */
function servicePassword(config: Config): string {
  return Buffer.from(hkdfSync('sha256', config.masterKey, 'countersign/service-login/v1', '', 24)).toString('base64url');
}

/** Migrates without serving, as `npm run migrate` does; returns the names of the migrations that ran. */
export async function migrateDatabase(config: Config): Promise<string[]> {
  const embedded = config.ownerDatabaseUrl ? null : await startEmbedded(config, createLogger(config.logLevel));
  try {
    const ownerUrl = embedded?.url ?? config.ownerDatabaseUrl!;
    const applied = await migrate(ownerUrl, config.eventsRetentionMonths);
    if (!config.serviceDatabaseUrl) await ensureServiceLogin(ownerUrl, servicePassword(config));
    return applied;
  } finally {
    await embedded?.stop();
  }
}
