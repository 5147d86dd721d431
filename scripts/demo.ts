import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { playDemo } from './demo/play.js';

const SECONDS_A_STEP = 5;
const HELP = `Plays the stories of Countersign against a running development service, a line a step. Ends with 1 where a step is not as it should be.

Usage: npm run demo [-- --tenant northbank|southbank] [-- --watch]

  --watch  slowly, and with customers as whom one can sign in at /my: ${SECONDS_A_STEP} seconds a step

Environment:
  COUNTERSIGN_URL  where the service is (http://127.0.0.1:3000)
  DATA_DIR         the service's data directory (./.data)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tenant: { type: 'string', default: 'northbank' },
      watch: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const slowly = async (line: string): Promise<void> => {
    print(line);
    await setTimeout(SECONDS_A_STEP * 1000);
  };
  if (values.help) return print(HELP);
  const serviceUrl = (process.env.COUNTERSIGN_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '');
  print(`Countersign at ${serviceUrl}, for the bank "${values.tenant}". Everybody here is invented.`);
  print('Follow it in a browser, the bank’s people in one window and its customers in another:');
  print(`  ${serviceUrl}/console/${values.tenant} (sign in as amara)`);
  print(
    `  ${serviceUrl.replace('//127.0.0.1', '//localhost')}/my/${values.tenant} (sign in as maya${values.watch ? ', and as noah where she is on the phone' : ''})`,
  );
  if (values.watch) await slowly('Sign in now. It begins in a moment, and takes about seven minutes.');
  const stories = await playDemo({
    serviceUrl,
    dataDirectory: resolve(process.env.DATA_DIR || './.data'),
    tenant: values.tenant,
    say: values.watch ? slowly : print,
    watch: values.watch,
  });
  print(`\nAll ${stories} stories went as they should.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
