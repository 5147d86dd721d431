import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { chooseAccount, identityOf } from '../../src/embedded-postgres/account.js';
import { freePort } from '../load/free-port.js';

/** Where Debian puts it, for root alone on the path. */
const PROGRAMS = ['pgbouncer', '/usr/sbin/pgbouncer'];
const EXAMPLE = 'deploy/pgbouncer/pgbouncer.ini';
export const NO_PGBOUNCER = 'Skipped: no pgbouncer. On Debian: apt-get install pgbouncer';

/** PgBouncer on this machine, and which one it is; null where there is none. */
export async function findPgBouncer(): Promise<{ program: string; version: string } | null> {
  for (const program of PROGRAMS) {
    const version = await promisify(execFile)(program, ['--version']).catch(() => null);
    if (version) return { program, version: /PgBouncer (\S+)/.exec(version.stdout)?.[1] ?? '' };
  }
  return null;
}

/** A PgBouncer of a test's own, in front of one database. */
export interface PgBouncer {
  readonly port: number;
  readonly pid: number;
  /** The same address through it. */
  through(url: string): string;
  /** How many connections the login that serves has to it, and how many sessions of the server it has for them. */
  counts(): Promise<{ clients: number; sessions: number }>;
  /** Lets in whoever may log in by now. */
  letIn(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it with the example of deploy/, in front of the database of an owner who may read logins.
 * @param settings in place of those of the example
 */
export async function startPgBouncer(
  program: string,
  ownerUrl: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PgBouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-pgbouncer-'));
  const account = await chooseAccount(join(directory, 'nothing'));
  const port = await freePort();
  const at = new URL(ownerUrl);
  const database = at.pathname.slice(1);
  const userlist = join(directory, 'userlist.txt');
  const ini = configured(await readFile(EXAMPLE, 'utf8'), `${database} = host=${at.hostname} port=${at.port || 5432}`, {
    listen_port: String(port),
    auth_file: userlist,
    stats_users: decodeURIComponent(at.username),
    ...settings,
  });
  const file = join(directory, 'pgbouncer.ini');
  await chmod(directory, 0o755);
  await writeFile(file, ini);
  const writeLogins = async (): Promise<void> => {
    await writeFile(userlist, await loginsOf(ownerUrl), { mode: 0o600 });
    if (account) await chown(userlist, account.uid, account.gid);
  };
  await writeLogins();
  const child = spawn(program, [file], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...identityOf(account) });
  await listening(child);
  return {
    port,
    pid: child.pid!,
    through: (url) => {
      const through = new URL(url);
      through.host = `127.0.0.1:${port}`;
      return through.toString();
    },
    counts: () => countsOf(port, ownerUrl),
    letIn: async () => {
      await writeLogins();
      child.kill('SIGHUP');
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The example with another database and other settings; each has to be in it. */
function configured(example: string, database: string, settings: Readonly<Record<string, string>>): string {
  let text = example.replace(/^countersign = .*$/m, database);
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^${name} =.*$`, 'm');
    text = line.test(text) ? text.replace(line, `${name} = ${value}`) : `${text}${name} = ${value}\n`;
  }
  return text;
}

async function countsOf(port: number, ownerUrl: string): Promise<{ clients: number; sessions: number }> {
  const console = new URL(ownerUrl);
  console.host = `127.0.0.1:${port}`;
  console.pathname = '/pgbouncer';
  const client = new pg.Client({ connectionString: console.toString() });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>('SHOW POOLS');
    const of = (kind: string): number =>
      rows
        .filter(({ user }) => user!.startsWith('countersign_service'))
        .flatMap((row) => Object.entries(row).filter(([name]) => name.startsWith(kind)))
        .reduce((sum, [, n]) => sum + Number(n), 0);
    return { clients: of('cl_'), sessions: of('sv_') };
  } finally {
    await client.end();
  }
}

/** All logins with what the server keeps of their passwords, as the file of them has it. */
async function loginsOf(ownerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; secret: string }>(
      `SELECT rolname AS name, rolpassword AS secret FROM pg_authid WHERE rolcanlogin AND rolpassword IS NOT NULL`,
    );
    return rows.map(({ name, secret }) => `"${name}" "${secret}"\n`).join('');
  } finally {
    await client.end();
  }
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', (data: Buffer) => {
      if (said.length < 10_000) said += data.toString();
      if (/process up/.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PgBouncer did not start: ${said}`)));
  });
}
