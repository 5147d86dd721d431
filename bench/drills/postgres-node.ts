import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { appendFile, chmod, chown, cp, lchown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Account, chooseAccount, identityOf } from '../../src/embedded-postgres/account.js';
import { type Binaries, CLEAN_ENVIRONMENT, locateBinaries } from '../../src/embedded-postgres/binaries.js';
import type { Path } from './network.js';
import { childrenOf, signalAll, untilGone } from './processes.js';

const run = promisify(execFile);
const SUPERUSER = 'drill';
export const PASSWORD = 'drill';
/** What is not to be copied with a cluster. */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|pg_replslot|pg_dynshmem|pg_notify|pg_stat_tmp|standby\.signal|recovery\.signal)$/;
const READY_TRIES = 600;

export interface Programs {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
}

/** PostgreSQL's programs, and who runs them. */
export async function findPrograms(directory: string): Promise<Programs> {
  const account = await chooseAccount(join(directory, 'nothing'));
  await chmod(directory, 0o755);
  return { binaries: await locateBinaries(directory, account, () => undefined), account };
}

/** One PostgreSQL of a drill, which can be killed, stopped in its tracks, cut off and promoted. */
export class PostgresNode {
  readonly data: string;
  private server: ChildProcess | null = null;

  constructor(
    readonly name: string,
    private readonly directory: string,
    private readonly programs: Programs,
    readonly path: Path,
  ) {
    this.data = join(directory, name);
  }

  /** How others reach it. */
  get at(): string {
    return `${this.path.reach.host}:${this.path.reach.port}`;
  }

  /** Its address for a role, by default the superuser; all have one password. */
  url(database: string, role = SUPERUSER): string {
    return `postgres://${role}:${PASSWORD}@${this.at}/${database}`;
  }

  /** Makes an empty cluster. */
  async make(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.makeFolder();
    const secret = join(this.directory, `${this.name}.password`);
    await writeFile(secret, PASSWORD);
    if (this.programs.account) await chown(secret, this.programs.account.uid, this.programs.account.gid);
    const args = [
      '-D',
      this.data,
      '-U',
      SUPERUSER,
      `--pwfile=${secret}`,
      '--auth=scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ];
    await run(this.programs.binaries.initdb, args, {
      env: CLEAN_ENVIRONMENT,
      cwd: '/',
      ...identityOf(this.programs.account),
    });
    await writeFile(
      join(this.data, 'pg_hba.conf'),
      'host all all 0.0.0.0/0 scram-sha-256\nhost replication all 0.0.0.0/0 scram-sha-256\n',
    );
    await this.configure({ unix_socket_directories: '', wal_level: 'replica', hot_standby: 'on', ...settings });
  }

  /** Adds lines to the configuration, also over what ALTER SYSTEM said; the last of a name counts. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    await appendFile(join(this.data, 'postgresql.auto.conf'), lines.join(''));
  }

  /** Makes it a standby of another, by a base backup of that one while it runs (PostgreSQL, "Making a Base Backup Using the Low Level API"). */
  async copyFrom(primary: PostgresNode, settings: Readonly<Record<string, string>> = {}): Promise<void> {
    await rm(this.data, { recursive: true, force: true });
    const client = await primary.connect('postgres');
    try {
      await client.query(`SELECT pg_backup_start('drill', true)`);
      await this.makeFolder();
      await cp(primary.data, this.data, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !LEFT_OUT.test(source.slice(primary.data.length + 1)),
      });
      const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
      await writeFile(join(this.data, 'backup_label'), rows[0]!.labelfile);
    } finally {
      await client.end();
    }
    for (const folder of ['pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_stat_tmp'])
      await mkdir(join(this.data, folder), { recursive: true, mode: 0o700 });
    // What was written after the copy of its file was begun comes from the primary by replication.
    await writeFile(join(this.data, 'standby.signal'), '');
    const [host, port] = primary.at.split(':');
    await this.configure({
      primary_conninfo: `host=${host} port=${port} user=${SUPERUSER} password=${PASSWORD} application_name=${this.name}`,
      recovery_target_timeline: 'latest',
      ...settings,
    });
    await this.handOver();
  }

  /** Makes it what a base backup and archived WAL say that another was, up to a moment; it decides by itself from there on. */
  async restoreFrom(backup: string, settings: Readonly<Record<string, string>>): Promise<void> {
    await cp(backup, this.data, { recursive: true, verbatimSymlinks: true });
    await chmod(this.data, 0o700);
    await writeFile(join(this.data, 'recovery.signal'), '');
    await this.configure({ recovery_target_action: 'promote', ...settings });
    await this.handOver();
    if (this.programs.account) await chown(this.data, this.programs.account.uid, this.programs.account.gid);
  }

  async start(): Promise<void> {
    const { account, binaries } = this.programs;
    const { host, port } = this.path.listen;
    const command = [
      binaries.postgres,
      '-D',
      this.data,
      '-h',
      host,
      '-p',
      String(port),
      '-c',
      `cluster_name=${this.name}`,
    ];
    const log = openSync(join(this.directory, `${this.name}.log`), 'a');
    // Another network is entered by root, who then becomes the account.
    const become =
      account && this.path.prefix.length > 0
        ? ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
        : [];
    const [program, ...args] = [...this.path.prefix, ...become, ...command];
    this.server = spawn(program!, args, {
      cwd: '/',
      env: CLEAN_ENVIRONMENT,
      stdio: ['ignore', log, log],
      ...(become.length > 0 ? {} : identityOf(account)),
    });
    closeSync(log);
    for (let tries = 0; tries < READY_TRIES; tries += 1) {
      if (this.server.exitCode !== null) break;
      if (await this.isUp()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(
      `${this.name} does not start:\n${readFileSync(join(this.directory, `${this.name}.log`), 'utf8').slice(-1_500)}`,
    );
  }

  async connect(database: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs statements, one after another, as a superuser; returns the rows of the last. */
  async sql<Row extends object>(database: string, ...statements: string[]): Promise<Row[]> {
    const client = await this.connect(database);
    try {
      let rows: Row[] = [];
      for (const statement of statements) ({ rows } = await client.query<Row>(statement));
      return rows;
    } finally {
      await client.end();
    }
  }

  /** As when its machine loses power. */
  async kill(): Promise<void> {
    const { server } = this;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const { pid } = server;
    // First stopped, so that it starts nobody whom nobody would find; and none of them may be left when it starts again.
    signalAll([pid], 'SIGSTOP');
    const all = [pid, ...childrenOf(pid)];
    signalAll(all, 'SIGKILL');
    await this.gone();
    await untilGone(all);
  }

  /** All its processes stop where they are; connections stay. */
  hang(): void {
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  async stop(): Promise<void> {
    if (!this.server || this.server.exitCode !== null || this.server.signalCode !== null) return;
    this.resume();
    this.server.kill('SIGINT');
    await this.gone();
  }

  /** From now on it decides, and waits for no standby. */
  async promote(): Promise<void> {
    await this.sql(
      'postgres',
      `ALTER SYSTEM SET synchronous_standby_names = ''`,
      'SELECT pg_reload_conf()',
      'SELECT pg_promote(true, 30)',
    );
  }

  private async isUp(): Promise<boolean> {
    return this.sql('postgres', 'SELECT 1').then(
      () => true,
      () => false,
    );
  }

  private async gone(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    await new Promise((resolve) => server.once('exit', resolve));
  }

  /** The server and its children, and of those that it left behind none, as they end by themselves. */
  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.server!;
    if (pid === undefined) return;
    signalAll([pid, ...childrenOf(pid)], signal);
  }

  private async makeFolder(): Promise<void> {
    await mkdir(this.data, { recursive: true, mode: 0o700 });
    if (this.programs.account) await chown(this.data, this.programs.account.uid, this.programs.account.gid);
  }

  private async handOver(): Promise<void> {
    const { account } = this.programs;
    if (!account) return;
    for (const entry of await readdir(this.data, { recursive: true }))
      await lchown(join(this.data, entry), account.uid, account.gid);
  }
}
