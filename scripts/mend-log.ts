import { ConfigError, readConfig } from '../src/config/config.js';
import { mendDatabase } from '../src/boot/service-database.js';

const HELP = `Mends the event log of a database that was restored by pg_dump, or by any other copy of its rows.

Usage: npm run mend-log

The database is DATABASE_URL, as the role that owns it, else the embedded one in DATA_DIR. Stop the service before, or let
it wait: what it decides meanwhile waits for this. May be run again; where the log is in order it changes nothing.
`;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(HELP);
  const config = readConfig(process.env);
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: mending needs the role that owns the schema, not the one that serves requests.',
    );
  const { epoch, moved } = await mendDatabase(config);
  process.stdout.write(
    `The event log is in order: it counts from epoch ${epoch}, and ${moved} events that had been decided since the restore come last in it.\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`Could not mend the event log.\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
