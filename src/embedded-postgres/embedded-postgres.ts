import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Account, chooseAccount, matchOwner } from './account.js';
import { locateBinaries } from './binaries.js';
import {
  type Layout,
  OWNER,
  layoutOf,
  nameForAccount,
  NothingThere,
  prepareCluster,
  readPassword,
  removeLeftovers,
  requireCluster,
} from './cluster.js';
import { Sessions, isAlive, withLock } from './lock.js';
import { FIXED, SETTINGS } from './settings.js';
import { takeOver } from './takeover.js';
import {
  type Launch,
  type Postmaster,
  StartFailure,
  findPostmaster,
  freePort,
  launch,
  shutDown,
  signal,
  trimLog,
  whenReady,
} from './postmaster.js';

/** A running PostgreSQL of this service's own. */
export interface EmbeddedPostgres {
  /** Connects as the owning role, over 127.0.0.1. Stays valid when the server is restarted. */
  readonly url: string;
  readonly port: number;
  /** Shuts the server down, unless another process still uses it. May be called again. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Made if absent; holds all that belongs to the server. */
  dataDirectory: string;
  /** Created if absent. */
  database: string;
  /** Whether nothing is made and nothing moved aside: what is not there is refused. */
  onlyExisting?: boolean;
  /** PostgreSQL settings that replace the defaults. */
  settings?: Record<string, string>;
  log: (message: string) => void;
  /** Told when a server was started and has only to be waited for. */
  onLaunch?: () => void;
  /** Whether a server that ends unasked is started again, on the same port (true). */
  supervise?: boolean;
}

/**
 * Starts a PostgreSQL on a data directory, or goes on with the one that runs there already: another live process shares
 * it, or a killed one left it behind. The data stay from one start to the next.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const layout = layoutOf(resolve(options.dataDirectory));
  if (options.onlyExisting) await requireCluster(layout);
  const account = await chooseAccount(layout.cluster);
  await mkdir(layout.directory, { recursive: true, mode: account ? 0o711 : 0o700 });
  const settings = { ...SETTINGS, ...options.settings, ...FIXED };
  const context: Context = {
    ...options,
    layout,
    sessions: new Sessions(layout.sessions),
    plan: once(() => planLaunch(options, layout, account, settings)),
  };
  return withLock(layout.lock, async () => {
    await removeLeftovers(layout);
    for (let attempt = 1; ; attempt += 1) {
      const server =
        (await takeOver({
          data: layout.data,
          settings,
          others: context.sessions.others(),
          url: (port) => ownerUrl(layout, port, 'postgres'),
          log: options.log,
        })) ?? (await startAnew(await context.plan(), await freePort(await publishedPort(layout))));
      try {
        await context.sessions.join();
        await matchOwner(layout.sessions, layout.directory);
        return await new Handle(server, await ownerUrl(layout, server.port, options.database), context).open();
      } catch (error) {
        context.sessions.leave();
        // A server that was killed at this very moment is no reason to fail.
        if (!isAlive(server) && attempt < 5) continue;
        if (server.child) await shutDown(server, layout.data);
        throw error;
      }
    }
  });
}

/** Makes the cluster if there is none, and says how to start a server on it. */
async function planLaunch(
  options: EmbeddedPostgresOptions,
  layout: Layout,
  account: Account | undefined,
  settings: Launch['settings'],
): Promise<Launch> {
  const binaries = await locateBinaries(layout.directory, account, options.log);
  await prepareCluster(layout, account, binaries, {
    durable: settings.fsync !== 'off',
    onlyExisting: options.onlyExisting === true,
    log: options.log,
  });
  const nameOf = await nameForAccount(layout, account);
  return {
    program: binaries.postgres,
    data: layout.data,
    dataName: nameOf(layout.data),
    log: layout.log,
    account,
    settings,
    onLaunch: options.onLaunch,
  };
}

/** Does the work when it is first asked for, and again after a failure. */
function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined;
  return () =>
    (running ??= work().catch((error: unknown) => {
      running = undefined;
      throw error;
    }));
}

async function ownerUrl(layout: Layout, port: number, database: string): Promise<string> {
  return `postgres://${OWNER}:${await readPassword(layout)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** The port of the last server here that was not shut down: processes that still run may be waiting for it there. */
async function publishedPort(layout: Layout): Promise<number | undefined> {
  try {
    return (JSON.parse(await readFile(layout.connection, 'utf8')) as { port?: number }).port;
  } catch {
    return undefined;
  }
}

async function startAnew(plan: Launch, port: number): Promise<Postmaster> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await launch(plan, port);
    } catch (error) {
      if (!(error instanceof StartFailure) || error.kind === 'fatal' || attempt >= 20) throw error;
      if (error.kind === 'port') port = await freePort();
      else await sleep(250);
    }
  }
}

interface Context extends EmbeddedPostgresOptions {
  readonly layout: Layout;
  /** Asked for only by who starts a server: to find its programs takes as long as all else. */
  readonly plan: () => Promise<Launch>;
  readonly sessions: Sessions;
}

class Handle implements EmbeddedPostgres {
  readonly port: number;
  private readonly timers: NodeJS.Timeout[] = [];
  private stopping: Promise<void> | undefined;
  private reviving: Promise<void> | undefined;
  private lastRevival = 0;
  private backOffMs = 0;
  private readonly hurry = new AbortController();

  constructor(
    private server: Postmaster,
    readonly url: string,
    private readonly context: Context,
  ) {
    this.port = server.port;
  }

  /** Makes the database, and begins to watch over the server. */
  async open(): Promise<this> {
    await this.createDatabase();
    await this.publish();
    process.on('exit', this.onExit);
    this.timers.push(setInterval(() => trimLog(this.context.layout.log), 60_000).unref());
    if (this.context.supervise === false) return this;
    this.timers.push(setInterval(this.check, process.platform === 'linux' ? 250 : 2_000).unref());
    this.server.child?.once('exit', this.check);
    return this;
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    const { layout, sessions, log } = this.context;
    for (const timer of this.timers) clearInterval(timer);
    this.hurry.abort();
    await this.reviving;
    await withLock(layout.lock, async () => {
      sessions.leave();
      const others = sessions.others();
      if (others.length > 0) return log(`the database stays up: process ${others.join(', ')} uses it`);
      const running = await findPostmaster(layout.data);
      if (running) await shutDown(running, layout.data);
      await rm(layout.connection, { force: true });
    }).catch(async (error: NodeJS.ErrnoException) => {
      // The folder was removed under the server; nobody else can be using it.
      if (error.code !== 'ENOENT') throw error;
      await shutDown(this.server, layout.data);
    });
    process.off('exit', this.onExit);
  }

  /** A process that ends without `stop()`, as after a failed boot, should not leave the server behind. */
  private readonly onExit = (): void => {
    this.context.sessions.leave();
    if (isAlive(this.server) && this.context.sessions.others().length === 0) signal(this.server.pid, 'SIGINT');
  };

  private readonly check = (): void => {
    if (this.stopping || this.reviving || isAlive(this.server)) return;
    this.reviving = this.revive().finally(() => (this.reviving = undefined));
  };

  private async revive(): Promise<void> {
    const { layout, log } = this.context;
    if (Date.now() - this.lastRevival > 30_000) this.backOffMs = 0;
    log(`the database (process ${this.server.pid}) ended unasked; starting it again on port ${this.port}`);
    for (let said = ''; !this.stopping;) {
      if (this.backOffMs > 0)
        await sleep(this.backOffMs, undefined, { signal: this.hurry.signal }).catch(() => undefined);
      this.backOffMs = Math.min(Math.max(this.backOffMs * 2, 100), 5_000);
      try {
        await withLock(layout.lock, async () => {
          if (this.stopping) return;
          const running = await findPostmaster(layout.data);
          const shared = running && (await whenReady(running, layout.data));
          if (shared && shared.port !== this.port)
            throw new Error(`it runs on port ${shared.port} now; restart this service`);
          this.server = shared ?? (await launch(await this.context.plan(), this.port));
          this.server.child?.once('exit', this.check);
          await this.publish();
          log(`the database runs again (process ${this.server.pid})`);
        });
        this.lastRevival = Date.now();
        return;
      } catch (error) {
        const message = (error as Error).message;
        if (message !== said) log(`the database could not be started again yet: ${message}`);
        said = message;
      }
    }
  }

  private async createDatabase(): Promise<void> {
    const client = new pg.Client({
      connectionString: await ownerUrl(this.context.layout, this.port, 'postgres'),
      ssl: false,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [this.context.database]);
      if (rowCount === 0 && this.context.onlyExisting)
        throw new NothingThere(`the server in ${this.context.layout.cluster} has no database ${this.context.database}`);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(this.context.database)}`);
    } finally {
      await client.end();
    }
  }

  /** Writes how to connect, for other processes of the same user. */
  private async publish(): Promise<void> {
    const { connection, directory } = this.context.layout;
    const complete = `${connection}.${process.pid}`;
    await writeFile(complete, `${JSON.stringify({ url: this.url, port: this.port, pid: this.server.pid })}\n`, {
      mode: 0o600,
    });
    await matchOwner(complete, directory);
    await rename(complete, connection);
  }
}
