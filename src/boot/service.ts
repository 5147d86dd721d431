import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { welcome } from './announcement.js';
import type { Config } from '../config/config.js';
import type { TenantRegistry } from '../config/tenant-registry.js';
import { type Fitted, fitConnections } from './connection-room.js';
import { createLogger } from '../observability/logger.js';
import { tenantsAtStart } from './tenants/at-start.js';
import { bringUpDatabase, type ReadyDatabase } from './service-database.js';
import type { Serving, ServingOptions } from './serving.js';
import type { Siblings } from './siblings.js';

export interface RunningService {
  readonly url: string;
  readonly logger: Logger;
  readonly app: NestFastifyApplication;
  /** Stops taking requests, lets those under way finish, and closes the database; idempotent. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** Gets what a newcomer should read on the first lines. */
  readonly announce?: (text: string) => void;
  /** Where this is one of several processes behind the same port. */
  readonly siblings?: Siblings;
}

type Serve = (options: ServingOptions) => Promise<Serving>;

/** Brings up everything a configuration asks for and serves. */
export async function startService(
  config: Config,
  { announce, siblings }: ServiceOptions = {},
): Promise<RunningService> {
  const logger = createLogger(
    config.logLevel,
    siblings && { process: siblings.number, pid: process.pid },
    config.telemetryUrl !== undefined,
  );
  const { database, serve, fitted } = await bringUpAndLoad(config, logger);
  const { serviceDatabaseUrl, embedded } = database;
  try {
    const { url, app, stop } = await serve({ ...fitted, serviceDatabaseUrl, logger, siblings });
    logger.info(
      {
        url: config.publicUrl,
        embeddedDatabase: embedded !== null,
        tenants: fitted.tenants.all().map(({ id }) => id),
      },
      'ready',
    );
    announce?.(welcome(config, embedded !== null));
    const stopAll = async (): Promise<void> => {
      await stop().finally(() => embedded?.stop());
      logger.info('stopped');
    };
    return { url, logger, app, stop: once(stopAll) };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** To load what serves takes about as long as a database takes to recover, so the one is done while the other is waited for. */
async function bringUpAndLoad(
  config: Config,
  logger: Logger,
): Promise<{ database: ReadyDatabase; serve: Serve; fitted: Fitted & { tenants: TenantRegistry } }> {
  let bringingUp!: Promise<ReadyDatabase>;
  await new Promise<void>((underWay) => {
    bringingUp = bringUpDatabase(config, logger, underWay);
    bringingUp.then(
      () => underWay(),
      () => underWay(),
    );
  });
  const fitting = bringingUp.then(({ serviceDatabaseUrl }) => fitAll(config, serviceDatabaseUrl, logger));
  fitting.catch(() => undefined); // waited for below
  const { serve } = await import('./serving.js');
  const database = await bringingUp;
  try {
    return { database, serve, fitted: await fitting };
  } catch (error) {
    await database.embedded?.stop();
    throw error;
  }
}

/** What is served by, for all tenants that there are. */
async function fitAll(
  config: Config,
  serviceDatabaseUrl: string,
  logger: Logger,
): Promise<Fitted & { tenants: TenantRegistry }> {
  const tenants = await tenantsAtStart(config, serviceDatabaseUrl);
  return { ...(await fitConnections({ config, serviceUrl: serviceDatabaseUrl, logger, tenants })), tenants };
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => (running ??= work());
}
