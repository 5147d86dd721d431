import { mendLogOf } from '../src/boot/mend-log.js';

const HELP = `Mends the event log of a database that was restored by pg_dump, or by any other copy of its rows.

Usage: npm run mend-log

The database is DATABASE_URL, as the role that owns it, else the embedded one in DATA_DIR. Stop the service before, or let
it wait: what it decides meanwhile waits for this. May be run again; where the log is in order it changes nothing.
\`npx countersign mend-log\` is the same.
`;

async function main(): Promise<void> {
  process.stdout.write(process.argv.includes('--help') ? HELP : `${await mendLogOf(process.env)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`Could not mend the event log.\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
