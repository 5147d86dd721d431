import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import swc from 'unplugin-swc';
import { build } from 'vite';
import { bundleOptions } from '../../scripts/bundle-options.js';
import { freePort } from '../../bench/load/free-port.js';

/** What `npm start` gives Node. */
export const START_OPTIONS: readonly string[] = /^exec node (.*) dist\/src\/main\.js$/
  .exec((JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } }).scripts.start)![1]!
  .split(' ');

/** The program as `npm start` runs it, in a process of its own, with all that it wrote on standard output and error. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly url: string;
  log(): string;
  stop(): Promise<void>;
}

export interface Program {
  /** Resolves once readiness answers with this status, 200 unless another is said. */
  start(environment: NodeJS.ProcessEnv, nodeOptions?: readonly string[], ready?: number): Promise<RunningProgram>;
  remove(): Promise<void>;
}

/** Builds the program into a folder inside the repository, so that it finds its node_modules. */
export async function buildProgram(name: string): Promise<Program> {
  const { file, remove } = await bundle(name, 'src/main.ts');
  return {
    start: (environment, nodeOptions = [], ready = 200) => start(file, environment, nodeOptions, ready),
    remove,
  };
}

/** Builds it together with its libraries, as `npm run build` bundles it. */
export async function buildWholeProgram(name: string): Promise<Program> {
  const directory = resolve('node_modules', '.cache', `countersign-${name}-${process.pid}`);
  await build({ ...bundleOptions('src/boot/program.ts', directory), plugins: [swc.vite({ module: { type: 'es6' } })] });
  return {
    start: (environment, nodeOptions = [], ready = 200) =>
      start(join(directory, 'program.js'), environment, nodeOptions, ready),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Bundles what an entry file needs into a folder inside the repository. */
export async function bundle(name: string, entry: string): Promise<{ file: string; remove(): Promise<void> }> {
  const directory = resolve('node_modules', '.cache', `countersign-${name}-${process.pid}`);
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: [swc.vite({ module: { type: 'es6' } })],
    build: {
      ssr: entry,
      outDir: directory,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
  return { file: join(directory, 'main.js'), remove: () => rm(directory, { recursive: true, force: true }) };
}

/** The same with all that it imports in one file, which takes half as long to load: for processes that are started by the hundred. */
export async function bundleWhole(name: string, entry: string): Promise<{ file: string; remove(): Promise<void> }> {
  const directory = resolve('node_modules', '.cache', `countersign-${name}-${process.pid}`);
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: [swc.vite({ module: { type: 'es6' } })],
    ssr: { noExternal: true },
    // What Nest and pg load where it is installed.
    build: {
      ssr: entry,
      outDir: directory,
      target: 'node20',
      rolldownOptions: {
        external: [/^@nestjs\/(microservices|websockets)/, /^class-transformer\/storage/, 'pg-native', '@fastify/view'],
        output: { entryFileNames: 'main.js' },
      },
    },
  });
  return { file: join(directory, 'main.js'), remove: () => rm(directory, { recursive: true, force: true }) };
}

async function start(
  file: string,
  environment: NodeJS.ProcessEnv,
  nodeOptions: readonly string[],
  ready: number,
): Promise<RunningProgram> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [...nodeOptions, file], {
    env: { ...process.env, NODE_ENV: 'test', PORT: new URL(url).port, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (log += text));
  const gone = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
  };
  for (;;) {
    if (
      await fetch(`${url}/health/ready`).then(
        ({ status }) => status === ready,
        () => false,
      )
    )
      return { child, url, log: () => log, stop };
    if (child.exitCode !== null) {
      // What it wrote last may come after its end.
      await gone;
      throw new Error(`the program ended with ${child.exitCode}: ${log}`);
    }
    await new Promise((again) => setTimeout(again, 50));
  }
}

/** The process ids of those that serve, by their lines in the log: the last of each process. */
export function servingPids({ child, log }: RunningProgram): number[] {
  const ready = log()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as { msg: string; process?: number; pid?: number })
    .filter(({ msg, process: number }) => msg === 'ready' && number !== undefined);
  return ready.length === 0
    ? [child.pid!]
    : [...new Map(ready.map(({ process: number, pid }) => [number!, pid!])).values()];
}
