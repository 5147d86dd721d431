import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { welcome } from './announcement.js';
import { createApplication } from './application.js';
import type { Config } from './config.js';
import { seedDevelopmentLines } from './development-lines.js';
import { EventStreams } from './events/event-streams.js';
import { Databases } from './platform/databases.js';
import type { EmbeddedPostgres } from './platform/embedded-postgres.js';
import { createLogger } from './platform/logger.js';
import { Metrics } from './platform/metrics.js';
import { serveMetrics } from './platform/metrics-server.js';
import { QuietConnections } from './platform/quiet-connections.js';
import { Readiness } from './platform/readiness.js';
import { bringUpDatabase } from './service-database.js';
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

const CLOSE_QUIET_MS = 50;

/** Brings up everything a configuration asks for and serves. */
export async function startService(config: Config, { announce, siblings }: ServiceOptions = {}): Promise<RunningService> {
  const logger = createLogger(config.logLevel, siblings && { process: siblings.number, pid: process.pid });
  const { serviceDatabaseUrl, embedded } = await bringUpDatabase(config, logger);
  let app: NestFastifyApplication | undefined;
  let metricsServer: Server | undefined;
  try {
    let url = config.publicUrl;
    app = await createApplication({ config, serviceDatabaseUrl, logger, loopbackUrl: () => url, siblings });
    const quiet = new QuietConnections(app.getHttpServer());
    await app.listen(config.port, config.host);
    url = loopbackUrlOf(app);
    if (config.developmentIssuer) await seedDevelopmentLines(app.get(Databases));
    if (config.metricsPort !== undefined) metricsServer = await serveMetrics(() => app!.get(Metrics).text(), config.metricsPort, config.host);
    logger.info({ url: config.publicUrl, embeddedDatabase: embedded !== null, tenants: config.tenants.map((tenant) => tenant.id) }, 'ready');
    announce?.(welcome(config, embedded !== null));
    return { url, logger, app, stop: once(() => stopAll(config, logger, app!, quiet, metricsServer, embedded)) };
  } catch (error) {
    await app?.close().catch(() => undefined);
    metricsServer?.close();
    await embedded?.stop();
    throw error;
  }
}

function loopbackUrlOf(app: NestFastifyApplication): string {
  const { port, address, family } = app.getHttpServer().address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

async function stopAll(config: Config, logger: Logger, app: NestFastifyApplication, quiet: QuietConnections, metricsServer: Server | undefined, embedded: EmbeddedPostgres | null): Promise<void> {
  app.get(Readiness).drain();
  app.get(EventStreams).end();
  const grace = setTimeout(() => {
    logger.warn('requests are still running after the grace period; closing their connections');
    app.getHttpServer().closeAllConnections();
  }, config.shutdownGraceSeconds * 1000);
  const hush = setInterval(() => quiet.close(), CLOSE_QUIET_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(grace);
    clearInterval(hush);
    metricsServer?.close();
    await embedded?.stop();
  }
  logger.info('stopped');
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () => (running ??= work());
}
