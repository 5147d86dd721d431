import { parseArgs } from 'node:util';
import { runMigrate } from '../src/boot/migrating/program.js';

const HELP = `Brings the database up to date and creates the login that serves requests.

Usage: npm run migrate [-- --plan [--json]]

The database is DATABASE_URL, else the embedded one in DATA_DIR; \`npm start -- --help\` lists every setting. Ends with 0 once it
is up to date, and with 1 if it could not; it may be run again, and goes on where it was stopped.

  --plan   changes nothing, and says what would run: statements, locks, the rows of each table, an estimate, and for which
           locks verdicts would wait. Ends with 0 if there is nothing to do, with 3 if there is, and with 1 if it would fail
  --json   the same for programs
`;

const { values } = parseArgs({
  options: {
    plan: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else
  process.exitCode = await runMigrate(process.env, {
    plan: values.plan,
    asJson: values.json,
    say: (text) => void process.stdout.write(text),
  });
