import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { type Config, ConfigError } from '../config/config.js';
import { fitConnections } from './connection-room.js';
import { beginTelemetry } from './telemetry.js';
import { Metrics } from '../observability/metrics.js';
import { Jobs } from '../database/jobs.js';
import { createLogger, nestLogger } from '../observability/logger.js';
import { tenantsAtStart } from './tenants/at-start.js';
import { prepareDatabase } from './service-database.js';

export interface RunningWorker {
  readonly logger: Logger;
  stop(): Promise<void>;
}

/**
 * Does background work without serving requests: hands events on and delivers webhooks, beside services that run with
 * WORKERS=off or beside others that do the same.
 * @throws ConfigError where there is no database that a service can share with it.
 */
export async function startWorker(config: Config): Promise<RunningWorker> {
  if (!config.ownerDatabaseUrl && !config.serviceDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL or SERVICE_DATABASE_URL is missing: a worker shares the database of the service, and the embedded one belongs to one process.',
    );
  const logger = createLogger(config.logLevel, undefined, config.telemetryUrl !== undefined);
  const serviceDatabaseUrl = await prepareDatabase(config, config.ownerDatabaseUrl, logger);
  const tenants = await tenantsAtStart(config, serviceDatabaseUrl);
  const fitted = await fitConnections({ config, serviceUrl: serviceDatabaseUrl, logger, tenants, work: true });
  const module = AppModule.register({ ...fitted, tenants, serviceDatabaseUrl, logger, work: true });
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(logger), abortOnError: false });
  const endTelemetry = await beginTelemetry(config, app.get(Metrics));
  await app.get(Jobs).start();
  logger.info({ tenants: tenants.all().map(({ id }) => id) }, 'working');
  return { logger, stop: () => app.close().finally(endTelemetry) };
}
