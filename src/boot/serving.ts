import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApplication } from './application.js';
import type { Config } from '../config/config.js';
import type { TenantRegistry } from '../config/tenant-registry.js';
import { beginTelemetry } from './telemetry.js';
import { seedDevelopmentLines } from './development-lines.js';
import { EventStreams } from '../events/event-streams.js';
import { type Connections, connectionsOf } from '../http/connections.js';
import { Databases } from '../database/databases.js';
import { Jobs } from '../database/jobs.js';
import { Metrics } from '../observability/metrics.js';
import { serveMetrics } from '../http/metrics-server.js';
import { PROVIDED } from '../config/provided.js';
import { Readiness } from '../observability/readiness.js';
import { isDatabaseUnavailable } from '../database/tenant-database.js';
import { type ModulusWeights, rulesFor } from '../readers/uk-modulus-weights.js';
import type { Siblings } from './siblings.js';

export interface Serving {
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Stops taking requests, and lets those under way finish. */
  stop(): Promise<void>;
}

export interface ServingOptions {
  readonly config: Config;
  readonly tenants: TenantRegistry;
  readonly serviceDatabaseUrl: string;
  readonly logger: Logger;
  readonly siblings?: Siblings | undefined;
  /** Most connections of background work. */
  readonly jobConnections: number;
  /** Whether all tenants have the same connections. */
  readonly areShared: boolean;
  /** Whether they have the same ones to the replica. */
  readonly replicaIsShared: boolean;
}

const CLOSE_QUIET_MS = 50;

/** Serves on a database that is up to date. What no verdict needs is begun here, and waited for only once it listens. */
export async function serve({
  config,
  tenants,
  serviceDatabaseUrl,
  logger,
  siblings,
  jobConnections,
  areShared,
  replicaIsShared,
}: ServingOptions): Promise<Serving> {
  let app: NestFastifyApplication | undefined;
  let metricsServer: Server | undefined;
  let endTelemetry = async (): Promise<void> => undefined;
  try {
    app = await createApplication({
      config,
      tenants,
      serviceDatabaseUrl,
      logger,
      jobConnections,
      areShared,
      replicaIsShared,
      ...(siblings ? { siblings } : {}),
    });
    const connections = connectionsOf(app.getHttpServer());
    endTelemetry = await beginTelemetry(config, app.get(Metrics));
    await app.listen(config.port, config.host);
    if (config.developmentIssuer)
      await seedDevelopmentLines(app.get(Databases)).catch((error: Error) => sayOrThrow(error, logger));
    if (config.metricsPort !== undefined)
      metricsServer = await serveMetrics(
        () => app!.get(Metrics).text(),
        config.metricsPort,
        config.host,
        config.publicUrl,
      );
    await app.get(Jobs).start();
    // A lookup, so that tables that cannot be read end the start and not a request.
    rulesFor('000000', app.get<ModulusWeights>(PROVIDED.modulusWeights));
    return {
      url: loopbackUrlOf(app),
      app,
      stop: () => stop(config, logger, app!, connections, metricsServer).finally(endTelemetry),
    };
  } catch (error) {
    await app?.close().catch(() => undefined);
    metricsServer?.close();
    await endTelemetry();
    throw error;
  }
}

/** A database that cannot be written to just now keeps nobody from starting: it is said by readiness. */
function sayOrThrow(error: Error, logger: Logger): void {
  if (!isDatabaseUnavailable(error)) throw error;
  logger.warn(
    { kind: error.name, code: (error as { code?: string }).code },
    'the lines of development could not be written',
  );
}

function loopbackUrlOf(app: NestFastifyApplication): string {
  const { port, address, family } = app.getHttpServer().address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

async function stop(
  config: Config,
  logger: Logger,
  app: NestFastifyApplication,
  connections: Connections,
  metricsServer: Server | undefined,
): Promise<void> {
  app.get(Readiness).drain();
  connections.closeQuiet();
  app.get(EventStreams).end();
  const grace = setTimeout(() => {
    logger.warn('requests are still running after the grace period; closing their connections');
    app.getHttpServer().closeAllConnections();
  }, config.shutdownGraceSeconds * 1000);
  const hush = setInterval(() => connections.closeQuiet(), CLOSE_QUIET_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(grace);
    clearInterval(hush);
    metricsServer?.close();
  }
}
