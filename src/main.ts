import { configHelp, ConfigError, readConfig } from './config.js';
import { explainListenError, withFreePort } from './listening.js';
import { type RunningService, startService } from './service.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(configHelp());
    return;
  }
  const starting = startService(readConfig(await withFreePort(process.env)), { announce: (text) => process.stdout.write(text) });
  // A signal during the start stops the service once it has started; a second one ends the process at once.
  const stop = (signal: NodeJS.Signals): void => void starting.then((service) => stopAndExit(service, signal), () => undefined);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // A rejection that a library left to nobody must not silence the verdicts: what decides is in the database, not here.
  process.on('unhandledRejection', (error: Error) => void starting.then(({ logger }) => logger.error({ kind: error.name, message: error.message, stack: error.stack }, 'nobody handled a rejection'), () => process.exit(1)));
  await starting;
}

async function stopAndExit(service: RunningService, signal: NodeJS.Signals): Promise<void> {
  service.logger.info({ signal }, 'stopping');
  try {
    await service.stop();
    process.exit(0);
  } catch (error) {
    service.logger.fatal({ kind: (error as Error).name, message: (error as Error).message }, 'could not stop cleanly');
    process.exit(1);
  }
}

main().catch((error: unknown) => {
  const message = explainListenError(error) ?? (error instanceof ConfigError || !(error instanceof Error) ? String((error as Error).message ?? error) : (error.stack ?? error.message));
  process.stderr.write(`Countersign cannot start.\n${message}\n`);
  process.exit(1);
});
