import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { identityOf } from '../../src/embedded-postgres/account.js';
import { CLEAN_ENVIRONMENT } from '../../src/embedded-postgres/binaries.js';
import { freePort } from '../load/free-port.js';
import type { Installation } from './debian-postgres.js';
import { childrenOf, signalAll } from './processes.js';

/** The files that an operator is given. */
const fileOf = (name: string): string => fileURLToPath(new URL(`../../../deploy/patroni/${name}`, import.meta.url));
export const PATRONI_FILE = fileOf('patroni.yml');
const NODE_FILE = fileOf('node.env');
export const PATRONI = '/usr/bin/patroni';
const PASSWORD = 'drill';
const HOST = '127.0.0.1';

export interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
}

/** Starts a program whose output goes to a file, as the account that the databases run as. */
export function startLogged(
  file: string,
  { account }: Installation,
  environment: NodeJS.ProcessEnv,
  ...command: string[]
): ChildProcess {
  const log = openSync(file, 'a');
  const child = spawn(command[0]!, command.slice(1), {
    cwd: '/',
    env: { ...CLEAN_ENVIRONMENT, ...environment },
    stdio: ['ignore', log, log],
    ...identityOf(account),
  });
  closeSync(log);
  return child;
}

export interface PatroniNodeOptions {
  readonly directory: string;
  readonly installation: Installation;
  /** The configuration that all nodes share. */
  readonly file: string;
  readonly etcd: string;
}

/** One node of a cluster that Patroni runs: its agent and its PostgreSQL. */
export class PatroniNode {
  private agent: ChildProcess | null = null;
  private ports = { database: 0, rest: 0 };
  private readonly data: string;
  readonly environment: NodeJS.ProcessEnv = {};

  constructor(
    readonly name: string,
    private readonly options: PatroniNodeOptions,
  ) {
    this.data = join(options.directory, name, 'data');
  }

  get at(): string {
    return `${HOST}:${this.ports.database}`;
  }

  url(database: string, role = 'postgres'): string {
    return `postgres://${role}:${PASSWORD}@${this.at}/${database}`;
  }

  /** As deploy/patroni/node.env has it. */
  async prepare(): Promise<void> {
    this.ports = { database: await freePort(), rest: await freePort() };
    await mkdir(join(this.options.directory, this.name), { mode: 0o700 });
    await this.options.installation.own(join(this.options.directory, this.name));
    const [database, rest] = [`${HOST}:${this.ports.database}`, `${HOST}:${this.ports.rest}`];
    const values: NodeJS.ProcessEnv = {
      PATRONI_NAME: this.name,
      PATRONI_ETCD3_HOSTS: this.options.etcd,
      PATRONI_RESTAPI_LISTEN: rest,
      PATRONI_RESTAPI_CONNECT_ADDRESS: rest,
      PATRONI_RESTAPI_USERNAME: 'patroni',
      PATRONI_RESTAPI_PASSWORD: PASSWORD,
      PATRONI_POSTGRESQL_LISTEN: database,
      PATRONI_POSTGRESQL_CONNECT_ADDRESS: database,
      PATRONI_POSTGRESQL_DATA_DIR: this.data,
      PATRONI_POSTGRESQL_BIN_DIR: this.options.installation.folder,
      PATRONI_POSTGRESQL_PGPASS: join(this.options.directory, this.name, 'pgpass'),
      PATRONI_SUPERUSER_USERNAME: 'postgres',
      PATRONI_SUPERUSER_PASSWORD: PASSWORD,
      PATRONI_REPLICATION_USERNAME: 'replicator',
      PATRONI_REPLICATION_PASSWORD: PASSWORD,
      PATRONI_REWIND_USERNAME: 'rewinder',
      PATRONI_REWIND_PASSWORD: PASSWORD,
    };
    // Those names and no others, so that the file is tried as well.
    for (const name of readFileSync(NODE_FILE, 'utf8').match(/^[A-Z\d_]+(?==)/gm) ?? []) {
      if (values[name] === undefined) throw new Error(`${name} of node.env is not known to the drill`);
      this.environment[name] = values[name];
    }
  }

  start(): void {
    const file = join(this.options.directory, `${this.name}.log`);
    this.agent = startLogged(file, this.options.installation, this.environment, PATRONI, this.options.file);
  }

  /** The last that it said, for whoever looks why it does not start. */
  lastWords(): string {
    return readFileSync(join(this.options.directory, `${this.name}.log`), 'utf8').slice(-1_500);
  }

  /** What the cluster is, by this node's agent; empty where that does not answer. */
  async members(): Promise<readonly Member[]> {
    try {
      const response = await fetch(`http://${HOST}:${this.ports.rest}/cluster`, { signal: AbortSignal.timeout(1_000) });
      return ((await response.json()) as { members?: Member[] }).members ?? [];
    } catch {
      return [];
    }
  }

  /** Whether it takes writes, by its database. */
  async decides(): Promise<boolean> {
    try {
      const [row] = await this.sql<{ recovering: boolean }>('postgres', 'SELECT pg_is_in_recovery() AS recovering');
      return !row!.recovering;
    } catch {
      return false;
    }
  }

  async sql<Row extends object>(database: string, ...statements: string[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url(database), connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      let rows: Row[] = [];
      for (const statement of statements) ({ rows } = await client.query<Row>(statement));
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Its agent and its database at once, as when its machine loses power. */
  async kill(): Promise<void> {
    const { agent } = this;
    const ended = agent && agent.exitCode === null && agent.signalCode === null;
    const exit = ended ? new Promise((resolve) => agent.once('exit', resolve)) : null;
    signalAll(this.processes(), 'SIGKILL');
    await exit;
  }

  /** All of them stop where they are; connections stay. */
  hang(): void {
    signalAll(this.processes(), 'SIGSTOP');
  }

  resume(): void {
    signalAll(this.processes(), 'SIGCONT');
  }

  private processes(): number[] {
    const postmaster = this.postmaster();
    const agent = this.agent?.exitCode === null && this.agent.signalCode === null ? this.agent.pid : undefined;
    // The agent first: it would start again what it sees end.
    return [agent, postmaster].flatMap((pid) => (pid === undefined ? [] : [pid, ...childrenOf(pid)]));
  }

  private postmaster(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n')[0]);
      // Of another process, where that number was given out again since.
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.data) ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}
