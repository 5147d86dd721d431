import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { bundle } from '../support/program.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

const PAGE = readFileSync('docs/first-day.md', 'utf8');
const BLOCKS = [...PAGE.matchAll(/<!-- first-day -->\n+```sh\n(.*?)```/gs)].map(([, commands]) => commands!);

/** In the place of what is not installed with the service: psql, and npm with a build of its own. */
const PSQL = `import pg from 'pg';
const client = new pg.Client({ connectionString: process.argv[2] });
await client.connect();
let text = '';
for await (const part of process.stdin) text += part;
for (const statement of text.split(';').filter((part) => part.trim() !== '')) await client.query(statement);
await client.end();`;

let folder: string;
let database: EmbeddedPostgres;
let [program, countersign]: { file: string; remove(): Promise<void> }[] = [];
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  database = await startEmbeddedPostgres({
    dataDirectory: join(folder, 'postgres'),
    database: 'postgres',
    settings: { fsync: 'off' },
    log: () => undefined,
  });
  [program, countersign] = [
    await bundle('first-day', 'src/boot/program.ts'),
    await bundle('first-day-doctor', 'scripts/countersign.ts'),
  ];
  await writeFile(join('node_modules', '.cache', `psql-${process.pid}.mjs`), PSQL);
  environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SUPERUSER_URL: database.url,
    POSTGRES: new URL(database.url).host,
    SECRETS: join(folder, 'secrets'),
    DATA_DIR: join(folder, 'data'),
    ISSUER_PORT: String(await freePort()),
    PORT: String(await freePort()),
  };
});
afterAll(async () => {
  await database?.stop();
  await Promise.all([program?.remove(), countersign?.remove()]);
  await removeTemporaryFolder(folder);
});

function run(script: string): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', script], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((done) => child.once('close', (code) => done({ code, output, errors })));
}

const STEP = '--- step';

describe('the first day', () => {
  it('goes from an empty database to a verdict, as the page says', async () => {
    expect(BLOCKS).toHaveLength(7);
    const script = [
      `psql() { node node_modules/.cache/psql-${process.pid}.mjs "$1"; }`,
      `npm() { if [ "$*" = start ]; then exec node ${program!.file}; else node ${countersign!.file} doctor; fi; }`,
      `trap 'kill $SERVICE_PID $ISSUER_PID; wait $SERVICE_PID $ISSUER_PID || true' EXIT`,
      'SERVICE_PID= ISSUER_PID=',
      ...BLOCKS.map((commands) => `echo '${STEP}'\n${commands}`),
    ].join('\n');
    const { code, output, errors } = await run(script);
    expect({ code, errors }, output).toEqual({ code: 0, errors: expect.any(String) });
    const steps = output.split(`${STEP}\n`).slice(1);
    expect(steps[3]).toContain('The service can start.');
    expect(steps[3]!.match(/^(warning|failed|skipped) .*/gm)!.map((line) => line.split(':')[0])).toEqual([
      'warning  migrations',
      'skipped  service login',
    ]);
    expect(steps[5]).toContain('lines of northbank: 1 is registered.');
    expect(steps[5]).not.toMatch(/^(warning|failed|skipped)/m);
    expect(steps[6]!.trim().split('\n').slice(1)).toEqual(['legitimate', 'not_legitimate']);
  });

  it('is told by doctor, as JSON and by its exit code, what would keep it from going on', async () => {
    const { code, output } = await run(
      [
        `export NODE_ENV=production MIGRATE=perhaps`,
        `export DATABASE_URL="postgres://bank_owner:hunter2@$POSTGRES/bank"`,
        `export TENANTS='[{"id":"northbank","issuer":"http://127.0.0.1:1"}]'`,
        `node ${countersign!.file} doctor --json`,
      ].join('\n'),
    );
    expect(code).toBe(1);
    const { ok, findings } = JSON.parse(output) as {
      ok: boolean;
      findings: { check: string; result: string; detail: string }[];
    };
    expect(ok).toBe(false);
    const failed = findings
      .filter(({ result }) => result === 'failed')
      .map(({ check, detail }) => `${check}: ${detail}`);
    expect(failed).toEqual([
      expect.stringMatching(/^settings: MIGRATE should be/),
      expect.stringMatching(/^settings: MASTER_KEY or MASTER_KEY_FILE is missing/),
      expect.stringMatching(/^settings: SIGNING_KEY or SIGNING_KEY_FILE is missing/),
      expect.stringMatching(/^database: .*\(28P01\)/),
      expect.stringMatching(/^issuer of northbank: http:\/\/127\.0\.0\.1:1 cannot be used: /),
    ]);
    expect(output).not.toContain('hunter2');
  });
});
