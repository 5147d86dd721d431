import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, copyFileSync, openSync, readFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, identityOf, matchOwner } from './account.js';
import { CLEAN_ENVIRONMENT } from './binaries.js';
import { type ProcessMark, bornAt, isAlive } from './lock.js';

const LOG_LIMIT = 16 * 1024 * 1024;
const RECOVERY_LIMIT_MS = 600_000;

/** A running server process. */
export interface Postmaster extends ProcessMark {
  readonly port: number;
  /** Present where this process started it. */
  readonly child?: ChildProcess;
}

/** What it takes to start one. */
export interface Launch {
  readonly program: string;
  readonly data: string;
  /** The data folder as the server is to name it. */
  readonly dataName: string;
  readonly log: string;
  readonly account: Account | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /** Told when its process was started. */
  readonly onLaunch: (() => void) | undefined;
}

/** A start that failed for a reason that passes, or that another port avoids. */
export class StartFailure extends Error {
  constructor(
    message: string,
    readonly kind: 'port' | 'busy' | 'fatal',
  ) {
    super(message);
  }
}

interface PidFile {
  pid: number;
  port: number;
  status: string;
}

async function readPidFile(data: string): Promise<PidFile | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() } : undefined;
}

/**
 * The `cluster_name` of the server on a data folder. It stands in the command line or title of each of its
 * processes, and so tells them from strangers, also where root may not look into another user's processes.
 */
export function clusterName(data: string): string {
  const { dev, ino } = statSync(data, { bigint: true });
  return `countersign:${dev.toString(36)}:${ino.toString(36)}`;
}

/** The processes that belong to a data folder: the server, its children, an initdb; or of them, the one asked about. */
function processesOf(data: string, only?: number): number[] {
  let name: string;
  try {
    name = clusterName(data);
  } catch {
    return [];
  }
  const belongs = (commandLine: string): boolean =>
    commandLine.includes(name) && !/[0-9a-z]/.test(commandLine.charAt(commandLine.indexOf(name) + name.length));
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    return lines
      .filter(belongs)
      .map((line) => Number.parseInt(line, 10))
      .filter((pid) => only === undefined || pid === only);
  }
  const pids =
    only === undefined
      ? readdirSync('/proc')
          .map(Number)
          .filter((pid) => pid > 0)
      : [only];
  return pids.filter((pid) => {
    try {
      return belongs(readFileSync(`/proc/${pid}/cmdline`, 'latin1')) && bornAt(pid) !== undefined;
    } catch {
      return false;
    }
  });
}

/** The server that runs on a data folder now, if one does; it may still be starting up or shutting down. */
export async function findPostmaster(data: string): Promise<(Postmaster & { ready: boolean }) | undefined> {
  const file = await readPidFile(data);
  if (!file) return undefined;
  const born = bornAt(file.pid);
  if (born === undefined || processesOf(data, file.pid).length === 0) return undefined;
  return { pid: file.pid, born, port: file.port, ready: file.status === 'ready' };
}

/** Waits while a server that is someone else's to start is recovering, or ends. */
export async function whenReady(server: Postmaster, data: string): Promise<Postmaster | undefined> {
  for (let running = await findPostmaster(data); running; running = await findPostmaster(data)) {
    if (running.ready) return running;
    await sleep(50);
  }
  await shutDown(server, data);
  return undefined;
}

/** Ends PostgreSQL processes that work in a folder without a server to lead them, as after a `kill -9` of it. */
export async function endProcessesIn(data: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const pids = processesOf(data);
    if (pids.length === 0) return;
    for (const pid of pids) signal(pid, round < 40 ? 'SIGQUIT' : 'SIGKILL');
    await sleep(50);
  }
}

/** Starts the server on a data folder that no other one runs on, and waits until it takes connections. */
export async function launch(options: Launch, port: number): Promise<Postmaster> {
  await endProcessesIn(options.data);
  // Its process is gone or a stranger; left there, a stranger of the same user would stop PostgreSQL from starting.
  await rm(join(options.data, 'postmaster.pid'), { force: true });
  trimLog(options.log);
  const settings = { ...options.settings, port: String(port), cluster_name: clusterName(options.data) };
  const args = [
    '-D',
    options.dataName,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const output = openSync(options.log, 'a', 0o600);
  const offset = statSync(options.log).size;
  await matchOwner(options.log, dirname(options.log));
  let failed: Error | undefined;
  const child = spawn(options.program, args, {
    cwd: options.data,
    detached: true,
    stdio: ['ignore', output, output],
    env: CLEAN_ENVIRONMENT,
    ...identityOf(options.account),
  });
  child.once('error', (error) => (failed = error));
  child.unref();
  closeSync(output);
  options.onLaunch?.();
  for (const deadline = Date.now() + RECOVERY_LIMIT_MS; Date.now() < deadline; await sleep(15)) {
    if (failed) throw new StartFailure(failed.message, 'fatal');
    if (child.exitCode !== null || child.signalCode !== null) throw explain(options.log, offset);
    const found = await findPostmaster(options.data);
    if (found?.ready && found.pid === child.pid) return { pid: found.pid, born: found.born, port, child };
  }
  child.kill('SIGQUIT');
  throw new StartFailure(
    `the database did not become ready within ${RECOVERY_LIMIT_MS / 60_000} minutes; see ${options.log}`,
    'fatal',
  );
}

function explain(log: string, offset: number): StartFailure {
  const text = readFileSync(log).subarray(offset).toString('utf8');
  const kind = /could not bind|could not create any TCP/i.test(text)
    ? 'port'
    : /still in use|lock file .* already exists/.test(text)
      ? 'busy'
      : 'fatal';
  return new StartFailure(
    `the database did not start; see ${log}: ${text.trim().split('\n').slice(-4).join(' ')}`,
    kind,
  );
}

/** Keeps the server's log, to which it appends, from growing for ever: one file back is kept. */
export function trimLog(log: string): void {
  try {
    if (statSync(log).size < LOG_LIMIT) return;
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Shuts a server down: fast; after 10 s at once, to recover at the next start; then by force. */
export async function shutDown(server: ProcessMark, data: string): Promise<void> {
  for (const [name, patience] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!isAlive(server)) break;
    signal(server.pid, name);
    for (const deadline = Date.now() + patience; isAlive(server) && Date.now() < deadline;) await sleep(15);
  }
  await endProcessesIn(data);
}

/** Sends a signal to a process that may be gone. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * A free port on 127.0.0.1: the wished one if it is free. Others are below the range from which
 * systems take outgoing ports, so that a client that redials while the server restarts cannot take it.
 */
export async function freePort(wished?: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = attempt === 0 && wished ? wished : randomInt(15_432, 32_700);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found on 127.0.0.1 for the database');
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
