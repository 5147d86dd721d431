import type { Config } from '../../config/config.js';
import { Metrics } from '../../observability/metrics.js';
import { isDatabaseUnavailable } from '../../database/tenant-database.js';
import { type RunningService, startService } from '../service.js';
import type { Siblings } from '../siblings.js';
import { explainStartFailure } from '../start-failure.js';
import type { StartFailure } from './fleet.js';
import { PROCESS_NUMBER } from './forked.js';
import { Link } from './link.js';
import { takeSnapshot } from './total-metrics.js';

/** The first process gives up on its database before that. */
const RECOVERY_LIMIT_MS = 15 * 60_000;

/**
 * Serves as one of the processes that `startProcesses` started; ends this process where it cannot.
 * @param readConfig what to serve by, given what the first process alone knows of the environment
 * @param onStop called when it should stop
 */
export async function startOneOfSeveral(
  readConfig: (environment: Readonly<Record<string, string>>) => Config,
  onStop: () => void,
): Promise<RunningService> {
  let service: RunningService | undefined;
  const link = new Link((message) => void process.send!(message), {
    alive: () => true,
    stop: () => onStop(),
    metrics: () => takeSnapshot(service!.app.get(Metrics).registry),
  });
  process.on('message', (message) => link.receive(message));
  const siblings: Siblings = {
    number: Number(process.env[PROCESS_NUMBER]),
    allMetrics: () => link.ask('allMetrics'),
    storeSignIn: (call) => link.ask('storeSignIn', call),
  };
  try {
    const environment = link.ask<Record<string, string>>('environment', undefined, RECOVERY_LIMIT_MS);
    environment.catch(() => undefined);
    // Loaded while the first process brings up the database.
    await import('../serving.js');
    service = await startService(readConfig(await environment), { siblings });
    await link.ask('ready');
    return service;
  } catch (error) {
    const failure: StartFailure = { message: explainStartFailure(error), passing: isDatabaseUnavailable(error) };
    await link.ask('failed', failure).catch(() => undefined);
    process.exit(1);
  }
}
