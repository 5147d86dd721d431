import { execFile } from 'node:child_process';
import { chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The unprivileged user that PostgreSQL runs as when this process is root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const PREFERRED = ['postgres', 'nobody'];
const CREATED = 'countersign-db';

/** What to set in `spawn` options to become the account; nothing when there is no need to. */
export function identityOf(account: Account | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

/**
 * Decides who runs the database. Not root: this user (undefined). Root: the owner of an existing
 * cluster, or else `postgres`, `nobody`, or a user made for the purpose.
 */
export async function chooseAccount(clusterDirectory: string): Promise<Account | undefined> {
  const self = process.getuid?.();
  const owner = await lstat(clusterDirectory).catch(() => undefined);
  if (self !== 0) {
    if (owner && self !== undefined && owner.uid !== self) {
      throw new Error(
        `The embedded PostgreSQL's data in ${clusterDirectory} belongs to uid ${owner.uid}, but this process runs as uid ${self}. ` +
          'Start as root or as that user, choose another DATA_DIR, or set DATABASE_URL.',
      );
    }
    return undefined;
  }
  const account =
    owner && owner.uid !== 0 ? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid } : await findUser();
  await canEnter('/', account);
  return account;
}

async function findUser(): Promise<Account> {
  for (const name of PREFERRED) {
    const found = await lookUp(name);
    if (found) return found;
  }
  return (await lookUp(CREATED)) ?? (await create());
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    const account = { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
    return account.uid > 0 ? account : undefined;
  } catch {
    return undefined;
  }
}

async function create(): Promise<Account> {
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--no-create-home', '--user-group', '--shell', '/bin/false', CREATED]],
    ['adduser', ['-S', '-D', '-H', '-s', '/bin/false', CREATED]],
  ];
  for (const [command, args] of ways) {
    await run(command, args).catch(() => undefined);
    const found = await lookUp(CREATED);
    if (found) return found;
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as, nor could one be created. ' +
      'Start as another user, create a user "postgres", or set DATABASE_URL.',
  );
}

/** Gives a folder and all that is in it to the account, where it is not theirs yet. */
export async function handOver(directory: string, account: Account | undefined): Promise<void> {
  if (!account) return;
  const top = await lstat(directory);
  if (top.uid === account.uid) return;
  for (const entry of await readdir(directory, { recursive: true })) {
    await lchown(join(directory, entry), account.uid, account.gid);
  }
  // Last, so that a hand-over that was interrupted starts again.
  await lchown(directory, account.uid, account.gid);
}

/** Gives a file that root made inside a user's folder to that user, so that they can read it later. */
export async function matchOwner(file: string, directory: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await lstat(directory);
  if (uid !== 0) await chown(file, uid, gid);
}

/**
 * Whether the account can reach a folder by its path, through every folder above it.
 * @throws where this process may not become the account.
 */
export async function canEnter(directory: string, account: Account | undefined): Promise<boolean> {
  if (!account) return true;
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { cwd: '/', ...identityOf(account) });
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'EPERM' || code === 'EINVAL') throw cannotBecome(account, code);
    return false;
  }
}

function cannotBecome(account: Account, code: string): Error {
  return new Error(
    `PostgreSQL does not run as root, and this process may not become ${account.name} (${code}): the container or sandbox ` +
      'took CAP_SETUID or maps no other user. Start as another user, or set DATABASE_URL.',
  );
}
