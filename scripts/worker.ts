import { ConfigError, readConfig } from '../src/config/config.js';
import { startWorker } from '../src/boot/worker.js';

const HELP = `Does background work beside services that run with WORKERS=off: hands events on and delivers webhooks.

Usage: npm run worker

DATABASE_URL or SERVICE_DATABASE_URL and the master key are those of the service; \`npm start -- --help\` lists every setting.
Any number may run.
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const worker = await startWorker(readConfig(process.env));
  process.stdout.write('Working.\n');
  const stop = (): void =>
    void worker.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The worker cannot start.\n${error instanceof ConfigError || !(error instanceof Error) ? String((error as Error).message ?? error) : (error.stack ?? error.message)}\n`,
  );
  process.exitCode = 1;
});
