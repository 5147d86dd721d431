import { configHelp, ConfigError, readConfig } from './config.js';
import { startService } from './service.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(configHelp());
    return;
  }
  const service = await startService(readConfig(process.env), { announce: (text) => process.stdout.write(text) });
  const stop = (signal: NodeJS.Signals): void => {
    service.logger.info({ signal }, 'stopping');
    service.stop().then(
      () => process.exit(0),
      (error: Error) => {
        service.logger.fatal({ kind: error.name, message: error.message }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  const message = error instanceof ConfigError || !(error instanceof Error) ? String((error as Error).message ?? error) : (error.stack ?? error.message);
  process.stderr.write(`Countersign cannot start.\n${message}\n`);
  process.exit(1);
});
