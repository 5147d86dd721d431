import { type Config, ConfigError, readConfig } from '../src/config/config.js';
import { explainStartFailure } from '../src/boot/start-failure.js';
import { migrateDatabase } from '../src/boot/service-database.js';

const HELP = `Brings the database up to date and creates the login that serves requests.

Usage: npm run migrate

The database is DATABASE_URL, else the embedded one in DATA_DIR; \`npm start -- --help\` lists every setting.
`;

function readSettings(): Config {
  const config = readConfig(process.env);
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: migrating needs the role that owns the schema, not the one that serves requests.',
    );
  return config;
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const { applied, mended } = await migrateDatabase(readSettings());
  process.stdout.write(
    applied.length === 0
      ? 'The database is up to date.\n'
      : `Applied:\n${applied.map((name) => `  ${name}\n`).join('')}`,
  );
  if (mended)
    process.stdout.write(
      `It was restored into a younger cluster: its event log was mended, and ${mended.moved} events that had been decided since come last in it.\n`,
    );
}

main().catch((error: unknown) => {
  process.stderr.write(`Could not migrate.\n${explainStartFailure(error)}\n`);
  process.exitCode = 1;
});
