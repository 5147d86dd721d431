import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  DEVELOPMENT_IDENTITIES,
  DevelopmentTokenError,
  fetchDevelopmentToken,
} from '../src/http/access/issuer/development-tokens.js';

const HELP = `Prints an access token of the running development issuer, and nothing else.

Usage: npm run -s token -- IDENTITY [--tenant northbank|southbank]

IDENTITY is one of: ${DEVELOPMENT_IDENTITIES.join(', ')}.

Environment:
  COUNTERSIGN_URL  where the service is (http://127.0.0.1:3000)
  DATA_DIR         the service's data directory (./.data)

Example: curl -H "Authorization: Bearer $(npm run -s token -- admin)" http://127.0.0.1:3000/v1/lines
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string', default: 'northbank' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [identity] = positionals;
  if (identity === undefined || positionals.length > 1)
    throw new DevelopmentTokenError(`Name one identity: ${DEVELOPMENT_IDENTITIES.join(', ')}.`);
  const token = await fetchDevelopmentToken({
    serviceUrl: process.env.COUNTERSIGN_URL || 'http://127.0.0.1:3000',
    dataDirectory: resolve(process.env.DATA_DIR || './.data'),
    tenant: values.tenant,
    identity,
  });
  process.stdout.write(`${token}\n`);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
});
