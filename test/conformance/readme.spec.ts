import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

const README = readFileSync('README.md', 'utf8');
const TUTORIAL = readFileSync('docs/tutorial.md', 'utf8');
/** Inside the repository, so that the scripts find its node_modules. */
const SCRIPTS = resolve('node_modules', '.cache', `countersign-readme-${process.pid}`);
const STEP = '\u0001step';

interface Block {
  readonly commands: string;
  /** What they should print; `…` stands for anything. */
  readonly output: string | undefined;
}

/** The blocks that are marked as part of the walk-through, each with the block of output that follows it at once. */
function walkThrough(page: string): Block[] {
  const marked = /<!-- walk-through -->\n+```sh\n(.*?)```\n+(?:```(?:json|text)\n(.*?)```)?/gs;
  return [...page.matchAll(marked)].map(([, commands, output]) => ({ commands: commands!, output }));
}

/** As `npm run` would run them, without building the whole service first. */
async function buildScripts(names: readonly string[]): Promise<void> {
  await mkdir(SCRIPTS, { recursive: true });
  for (const name of names) {
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: `scripts/${name}.ts`,
        outDir: SCRIPTS,
        emptyOutDir: false,
        target: 'node20',
        rolldownOptions: { output: { entryFileNames: `${name}.js`, chunkFileNames: `${name}-[hash].js` } },
      },
    });
  }
}

function run(
  script: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn('bash', ['-e', '-u', '-c', script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((done) => child.once('close', (code) => done({ code, output, errors })));
}

function pattern(output: string): RegExp {
  return new RegExp(
    `^${output
      .trim()
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*?')}$`,
  );
}

let service: TestService;
beforeAll(async () => {
  [service] = await Promise.all([startTestService(), buildScripts(['token', 'device'])]);
});
afterAll(async () => {
  await Promise.all([service.stop(), rm(SCRIPTS, { recursive: true, force: true })]);
});

/** Pastes blocks into one shell, and holds what each prints to what the page says. */
async function paste(blocks: readonly Block[]): Promise<void> {
  const npm = `npm() { [ "$1 $2 $4" = 'run -s --' ]; local script="$3"; shift 4; node "${join(SCRIPTS, '$script.js')}" "$@"; }`;
  const commands = blocks.map((block) => block.commands.replaceAll('http://127.0.0.1:3000', service.url));
  const { code, output, errors } = await run(`${npm}\n${commands.join(`printf '${STEP}'\n`)}`, {
    DATA_DIR: service.dataDirectory,
  });
  expect(errors).toBe('');
  expect(code).toBe(0);
  const printed = output.split(STEP);
  expect(printed).toHaveLength(blocks.length);
  blocks.forEach((block, index) => expect(printed[index]!.trim()).toMatch(pattern(block.output ?? '')));
}

describe('the README', () => {
  it('has a first call whose every command works and prints what it says', async () => {
    const blocks = walkThrough(README);
    expect(blocks.length).toBe(5);
    expect(README.match(/<!-- walk-through -->/g)).toHaveLength(blocks.length);
    expect(README.split('\n').length).toBeLessThanOrEqual(150);
    await paste(blocks);
  }, 120_000);

  it('leads to a tutorial that does too, and can be pasted again in the same shell', async () => {
    const blocks = walkThrough(TUTORIAL);
    expect(blocks.length).toBeGreaterThan(15);
    expect(TUTORIAL.match(/<!-- walk-through -->/g)).toHaveLength(blocks.length);
    await paste([...blocks, ...blocks]);
  }, 240_000);

  it('names only scripts that package.json has, and files that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const [, name] of README.matchAll(/npm run (?:-s )?([a-z]+)/g)) expect(scripts).toHaveProperty(name!);
    for (const [, file] of README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) expect(existsSync(file!), file).toBe(true);
  });
});
