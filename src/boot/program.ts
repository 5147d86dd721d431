import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { withFreePort } from './listening.js';
import { type Forked, forkFirst } from './processes/forked.js';

/** The service, whole or one process of it. */
interface Running {
  readonly logger: Logger;
  /** Resolves, with what to tell, if it cannot go on. */
  readonly failed?: Promise<string>;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    const { configHelp } = await import('../config/config.js');
    process.stdout.write(configHelp());
    return;
  }
  const starting = start();
  stopOnSignals(starting);
  // A rejection that a library left to nobody must not silence the verdicts: what decides is in the database, not here.
  process.on(
    'unhandledRejection',
    (error: Error) =>
      void starting.then(
        ({ logger }) =>
          logger.error({ kind: error.name, message: error.message, stack: error.stack }, 'nobody handled a rejection'),
        () => process.exit(1),
      ),
  );
  const running = await starting;
  void running.failed?.then(async (message) => {
    process.stderr.write(`Countersign cannot go on.\n${message}\n`);
    await running.stop().catch(() => undefined);
    process.exit(1);
  });
}

/** Nothing is loaded here but what decides what to load: of several processes the first is to begin at once. */
async function start(): Promise<Running> {
  if (cluster.isWorker) {
    const [{ startOneOfSeveral }, { readConfig }] = await Promise.all([
      import('./processes/one-of-several.js'),
      import('../config/config.js'),
    ]);
    return startOneOfSeveral(
      (given) => readConfig({ ...process.env, ...given }),
      () => void process.emit('SIGTERM', 'SIGTERM'),
    );
  }
  const first = forkFirst(process.env);
  try {
    return await startFirst(first);
  } catch (error) {
    first?.kill();
    throw error;
  }
}

async function startFirst(first: Forked | null): Promise<Running> {
  const { readConfig } = await import('../config/config.js');
  const config = readConfig(await withFreePort(process.env));
  const announce = (text: string): void => void process.stdout.write(text);
  // What serves is not loaded by a process that does not.
  if (config.processes > 1) return (await import('./processes/several.js')).startProcesses(config, announce, first);
  return (await import('./service.js')).startService(config, { announce });
}

/** A signal during the start stops the service once it has started; a second one ends the process at once. */
function stopOnSignals(starting: Promise<Running>): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (!stopping)
      starting.then(
        (running) => stopAndExit(running, signal),
        () => undefined,
      );
    stopping = true;
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // One of several is told by the first process too, perhaps beside the signal that went to all; it ends with the first one in any case.
    if (cluster.isWorker) process.on(signal, stop);
    else process.once(signal, stop);
  }
}

async function stopAndExit(running: Running, signal: NodeJS.Signals): Promise<void> {
  running.logger.info({ signal }, 'stopping');
  try {
    await running.stop();
    process.exit(0);
  } catch (error) {
    running.logger.fatal({ kind: (error as Error).name, message: (error as Error).message }, 'could not stop cleanly');
    process.exit(1);
  }
}

main().catch(async (error: unknown) => {
  const { explainStartFailure } = await import('./start-failure.js');
  process.stderr.write(`Countersign cannot start.\n${explainStartFailure(error)}\n`);
  process.exit(1);
});
