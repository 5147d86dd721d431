import { createApplication } from '../../src/boot/application.js';
import { readConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/observability/logger.js';

/** The whole application on a database that is up to date, until it is killed; without what only a start needs. */
async function serve(): Promise<void> {
  const config = readConfig(process.env);
  const app = await createApplication({
    config,
    serviceDatabaseUrl: config.serviceDatabaseUrl!,
    logger: createLogger(config.logLevel),
    work: false,
  });
  await app.listen(config.port, config.host);
  process.stdout.write('ready\n');
}

await serve();
