import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { welcome } from '../announcement.js';
import { ensureIssuerSecrets } from '../../http/access/issuer/issuer-file.js';
import { KeptSignIns } from '../../http/access/issuer/remote-adapter.js';
import type { Config } from '../../config/config.js';
import { createLogger } from '../../observability/logger.js';
import { serveMetrics } from '../../http/metrics-server.js';
import { bringUpDatabase, servedAt } from '../service-database.js';
import { Fleet } from './fleet.js';
import type { Forked } from './forked.js';
import { TotalMetrics } from './total-metrics.js';

export interface RunningProcesses {
  readonly logger: Logger;
  /** Resolves, with what to tell the person who started, if the processes keep dying; stop it then. */
  readonly failed: Promise<string>;
  /** Lets every process finish what it is at, and closes the database. */
  stop(): Promise<void>;
}

/** Beside its grace period, for what a process closes after its last request. */
const STOP_MARGIN_MS = 5_000;

/**
 * Serves through several processes behind one port; resolves when the first of them serves. What is to happen once happens
 * here, before there are several: the embedded database, migrations, and the secrets that are made up in development.
 * @param first the first of them, where it has begun already: it asks for its environment, and waits
 */
export async function startProcesses(
  config: Config,
  announce: (text: string) => void,
  first: Forked | null,
): Promise<RunningProcesses> {
  const logger = createLogger(config.logLevel, { process: 0, pid: process.pid });
  if (config.developmentIssuer)
    for (const { id } of config.tenants) await ensureIssuerSecrets(config.dataDirectory, id);
  // The processes load what serves while the database is brought up, and then ask where it is.
  const bringingUp = bringUpDatabase(config, logger);
  bringingUp.catch(() => undefined);
  let crashLoop: (message: string) => void;
  const failed = new Promise<string>((resolve) => {
    crashLoop = resolve;
  });
  const signIns = new KeptSignIns(config.tenants.map(({ id }) => id));
  const metrics: TotalMetrics = new TotalMetrics(() => fleet.serving());
  const tellAllReady = (embeddedDatabase: boolean): void => {
    logger.info({ url: config.publicUrl, embeddedDatabase, processes: config.processes }, 'all processes are ready');
    announce(welcome(config, embeddedDatabase));
  };
  const fleet = new Fleet({
    size: config.processes,
    first,
    logger,
    answers: {
      environment: async () => environmentOf(config, (await bringingUp).serviceDatabaseUrl),
      allMetrics: () => metrics.text(),
      storeSignIn: (call: Parameters<KeptSignIns['answer']>[0]) => signIns.answer(call),
    },
    onAllReady: () => void bringingUp.then(({ embedded }) => tellAllReady(embedded !== null)),
    stopMs: config.shutdownGraceSeconds * 1_000 + STOP_MARGIN_MS,
    onEnd: (number) => metrics.retire(number),
    onCrashLoop: (message) => crashLoop(message),
  });
  let metricsServer: Server | undefined;
  const stop = async (): Promise<void> => {
    try {
      await fleet.stop();
    } finally {
      metricsServer?.close();
      await bringingUp.then(
        ({ embedded }) => embedded?.stop(),
        () => undefined,
      );
    }
    logger.info('stopped');
  };
  const started = fleet.start();
  started.catch(() => undefined);
  try {
    // What the database says comes first: the processes can only say that they were not told where it is.
    await bringingUp;
    await started;
    if (config.metricsPort !== undefined)
      metricsServer = await serveMetrics(() => metrics.text(), config.metricsPort, config.host, config.publicUrl);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { logger, failed, stop };
}

/** What of the environment of those that serve is known only now. */
function environmentOf(config: Config, serviceDatabaseUrl: string): Record<string, string> {
  return { PORT: String(config.port), SERVICE_DATABASE_URL: servedAt(config, serviceDatabaseUrl) };
}
