import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { playDemo } from './demo/play.js';

const HELP = `Plays the stories of Countersign against a running development service, a line a step. Ends with 1 where a step is not as it should be.

Usage: npm run demo [-- --tenant northbank|southbank]

Environment:
  COUNTERSIGN_URL  where the service is (http://127.0.0.1:3000)
  DATA_DIR         the service's data directory (./.data)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tenant: { type: 'string', default: 'northbank' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (values.help) return say(HELP);
  const serviceUrl = (process.env.COUNTERSIGN_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
  say(`Countersign at ${serviceUrl}, for the bank "${values.tenant}". Everybody here is invented.`);
  const stories = await playDemo({
    serviceUrl,
    dataDirectory: resolve(process.env.DATA_DIR || './.data'),
    tenant: values.tenant,
    say,
  });
  say(`\nAll ${stories} stories went as they should.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
