import { type ChildProcess, fork, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import type { Order, Reply } from './driver.js';
import { freePort } from './free-port.js';
import { startIssuer } from './issuer.js';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const READY_TRIES = 600;

/** A PostgreSQL of the benchmark's own, with fsync on as PostgreSQL has it, in a directory that goes when it stops. */
export interface BenchDatabase {
  readonly server: EmbeddedPostgres;
  readonly directory: string;
  /** The process that all its processes descend from. */
  readonly pid: number;
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startDatabase(extra: Record<string, string> = {}): Promise<BenchDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const server = await startEmbeddedPostgres({
    dataDirectory: directory,
    database: 'bench',
    settings: { max_connections: '200', shared_buffers: '512MB', max_wal_size: '4GB', ...extra },
    log: () => undefined,
  });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const {
    rows: [about],
  } = await client.query(
    `SELECT pg_backend_pid() AS backend, split_part(version(), ' ', 2) AS version, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit, current_setting('shared_buffers') AS shared_buffers`,
  );
  const pid = parentOf(about.backend);
  await client.end();
  const { backend: _, ...settings } = about;
  return {
    server,
    directory,
    pid,
    settings,
    stop: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  } catch {
    return 0;
  }
}

export interface RunningProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RunningCountersign extends RunningProcess {
  readonly url: string;
  readonly tokens: { readonly app: string; readonly agent: string; readonly admin: string };
}

/** The bank's line that calls are declared from. */
export const LINE = '+442079460100';

/**
 * Starts the service as a bank runs it: its own issuer's tokens, validation, row-level security, events, background work,
 * metrics and log, the log to a file.
 */
export async function startCountersign(
  database: BenchDatabase,
  environment: NodeJS.ProcessEnv = {},
  nodeOptions: readonly string[] = [],
  otherTenants: readonly object[] = [],
): Promise<RunningCountersign> {
  const [port, metricsPort, issuer] = [await freePort(), await freePort(), await startIssuer()];
  const log = openSync(join(database.directory, 'service.log'), 'a');
  const child = spawn(process.execPath, [...startOptions(), ...nodeOptions, join(DIST, 'src', 'main.js')], {
    env: {
      ...process.env,
      DATABASE_URL: database.server.url,
      DATA_DIR: database.directory,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      // The same few customers are asked about over and over.
      RATE_LIMITS: JSON.stringify({ verdicts: 1_000_000 }),
      TENANTS: JSON.stringify([
        { id: 'northbank', issuer: issuer.issuer, jwksUri: `${issuer.issuer}/jwks` },
        ...otherTenants,
      ]),
      ...environment,
    },
    stdio: ['ignore', log, 'inherit'],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child);
  const tokens = {
    app: await issuer.token('app'),
    agent: await issuer.token('agent', 'amara', 'Amara Okafor'),
    admin: await issuer.token('admin'),
  };
  await setUp(url, tokens.admin);
  const stop = async (): Promise<void> => {
    await end(child);
    issuer.stop();
  };
  return { port, pid: child.pid!, url, tokens, stop };
}

/** Node's options, as `npm start` gives them. */
function startOptions(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(DIST, '..', 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

/** The bank's line; and since the same few customers are asked over and over, the push budget at the most that policy allows. */
async function setUp(url: string, admin: string): Promise<void> {
  const put = async (path: string, body: object, headers: Record<string, string> = {}): Promise<void> => {
    const answer = await fetch(`${url}${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'Fraud Operations' });
  const { headers } = await fetch(`${url}/v1/policy`, { headers: { authorization: `Bearer ${admin}` } });
  await put('/v1/policy', { pushBudget: { perMinute: 20, sinceConfirmed: 100 } }, { 'if-match': headers.get('etag')! });
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < READY_TRIES && child.exitCode === null; tries += 1) {
    if (
      await fetch(`${url}/health/ready`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the service does not start');
}

/** Starts a peer of `bench/peers`. */
export async function startPeer(name: 'fastify-pg' | 'ciba', databaseUrl: string): Promise<RunningProcess> {
  const child = fork(join(DIST, 'bench', 'peers', `${name}.js`), {
    env: { ...process.env, NODE_ENV: 'production', PEER_DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const { port } = await new Promise<{ port: number }>((resolve, reject) =>
    child
      .once('message', (message) => resolve(message as { port: number }))
      .once('exit', () => reject(new Error(`${name}: ${complaint}`))),
  );
  return { port, pid: child.pid!, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(hard);
}

/** The load driver, a process of its own. */
export class Driver {
  private readonly child = fork(join(DIST, 'bench', 'load', 'driver.js'));

  get pid(): number {
    return this.child.pid!;
  }

  async do(order: Order): Promise<Exclude<Reply, { error: string }>['result']> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.child.once('message', (message) => resolve(message as Reply));
      this.child.once('exit', (code) => reject(new Error(`the driver ended with ${code}`)));
      this.child.send(order);
    });
    this.child.removeAllListeners('exit');
    if ('error' in reply) throw new Error(`the driver: ${reply.error}`);
    return reply.result;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
