import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, canEnter, handOver, identityOf } from './account.js';
import { type Binaries, CLEAN_ENVIRONMENT } from './binaries.js';
import { clusterName, endProcessesIn } from './postmaster.js';

/** The role that owns everything in a private cluster. */
export const OWNER = 'countersign_owner';

/** Where the parts of an embedded PostgreSQL lie. Only `cluster` belongs to the account. */
export interface Layout {
  readonly directory: string;
  readonly cluster: string;
  readonly data: string;
  readonly password: string;
  readonly sessions: string;
  readonly lock: string;
  readonly connection: string;
  readonly log: string;
}

/** The layout under a data directory, whose path must be absolute. */
export function layoutOf(directory: string): Layout {
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    cluster: at('cluster'),
    data: at('cluster', 'data'),
    password: at('cluster', 'password'),
    sessions: at('sessions'),
    lock: at('cluster.lock'),
    connection: at('connection.json'),
    log: at('postgres.log'),
  };
}

/**
 * How to name the data folder to PostgreSQL, which is started inside it. The path as it is, where the
 * account can walk it; otherwise, as in a clone under root's own 0700 folder, a name that reaches the
 * folder without walking there.
 */
export async function nameForAccount(
  layout: Layout,
  account: Account | undefined,
): Promise<(folder: string) => string> {
  if (account === undefined) return (folder) => folder;
  if (await canEnter(layout.directory, account)) return (folder) => folder;
  if (process.platform === 'linux') return () => '/proc/self/cwd';
  throw new Error(
    `PostgreSQL does not run as root but as ${account.name}, who may not enter ${layout.directory} or a folder above it. ` +
      'Start as another user, let others pass through those folders (chmod o+x), choose another DATA_DIR, or set DATABASE_URL.',
  );
}

/** Removes what starts that were killed left behind. The caller holds the lock, so nothing of it is in use. */
export async function removeLeftovers(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.directory)) {
    if (!/^(cluster\.new-|cluster\.lock\.|connection\.json\.|sessions\.|\.countersign-postgres-)/.test(name)) continue;
    await endProcessesIn(join(layout.directory, name, 'data'));
    await rm(join(layout.directory, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** There is no database where one was only to be looked at. */
export class NothingThere extends Error {
  override readonly name = 'NothingThere';
}

/** @throws NothingThere where there is no cluster, and another error where there is something that is none. */
export async function requireCluster(layout: Layout): Promise<void> {
  if ((await readVersion(layout)) !== undefined) return;
  if ((await stat(layout.cluster).catch(() => undefined)) === undefined)
    throw new NothingThere(`there is no database in ${layout.directory}`);
  throw new Error(
    `What is in ${layout.cluster} is no whole database. A start would move it aside, and make a new one: restore it first if its data are needed.`,
  );
}

async function readVersion(layout: Layout): Promise<string | undefined> {
  return readFile(join(layout.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
}

/**
 * Makes the cluster if there is none, and checks it if there is one. A cluster is made aside and appears by one rename,
 * so that there is never half of one.
 */
export async function prepareCluster(
  layout: Layout,
  account: Account | undefined,
  binaries: Binaries,
  options: { durable: boolean; onlyExisting: boolean; log: (message: string) => void },
): Promise<void> {
  if (options.onlyExisting) await requireCluster(layout);
  const version = await readVersion(layout);
  if (version === undefined) {
    if (await stat(layout.cluster).catch(() => undefined)) {
      const aside = `${layout.cluster}.broken-${Date.now()}`;
      await rename(layout.cluster, aside);
      options.log(`the database in ${layout.cluster} was not whole; it was moved to ${aside}, and a new one is made`);
    }
    await initialise(layout, account, binaries, options.durable);
    options.log(`made a new database cluster (PostgreSQL ${binaries.major}) in ${layout.cluster}`);
  } else if (Number(version) !== binaries.major) {
    throw new Error(
      `${layout.cluster} was made by PostgreSQL ${version.trim()}, but version ${binaries.major} is installed now. ` +
        'Dump it with the old version and restore it into a new DATA_DIR, or move it away if its data are not needed.',
    );
  }
  await handOver(layout.cluster, account);
  await chmod(layout.data, 0o700);
}

/** The owner's password. @throws where it is missing, as nobody else knows it. */
export async function readPassword(layout: Layout): Promise<string> {
  const password = await readFile(layout.password, 'utf8').catch(() => '');
  if (password === '')
    throw new Error(
      `${layout.password} is missing. Restore it, or move ${layout.cluster} away if its data are not needed.`,
    );
  return password.trim();
}

async function initialise(
  layout: Layout,
  account: Account | undefined,
  binaries: Binaries,
  durable: boolean,
): Promise<void> {
  const making = await mkdtemp(join(layout.directory, 'cluster.new-'));
  try {
    const data = join(making, 'data');
    await mkdir(data, { mode: 0o700 });
    await writeFile(join(making, 'password'), `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    await handOver(making, account);
    const name = await nameForAccount(layout, account);
    await runInitdb(binaries.initdb, data, account, [
      `--pgdata=${name(data)}`,
      `--username=${OWNER}`,
      '--pwfile=../password',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      `--set=cluster_name=${clusterName(data)}`,
      ...(durable ? [] : ['--no-sync']),
    ]);
    await rename(making, layout.cluster);
    if (durable) await syncDirectory(layout.directory);
  } catch (error) {
    await rm(making, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}

async function runInitdb(program: string, cwd: string, account: Account | undefined, args: string[]): Promise<void> {
  const child = spawn(program, args, {
    cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: CLEAN_ENVIRONMENT,
    ...identityOf(account),
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`initdb failed (${signal ?? `exit code ${code}`}): ${output.trim()}`));
    });
  });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().catch(() => undefined);
  await handle.close();
}
