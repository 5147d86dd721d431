import pg from 'pg';
import { forgetOldPlans } from './plan-age.js';

export interface SharedConnectionsOptions {
  readonly connection: pg.ClientConfig;
  /** Opened as they are needed. */
  readonly most: number;
  /** One that has had nothing to do for this long is closed, milliseconds; never, where there is none. */
  readonly idleMs?: number;
}

/** A connection on which nothing has ended for this long is taken to wait for a lock. */
const STALLED_MS = 25;
const STALLED = 1e6;

/**
 * A few connections that many requests share. A statement goes to one that is idle, or to a new one while more may be
 * opened; else it is pipelined behind those of the connection with the fewest that moves.
 */
export class SharedConnections {
  private readonly open: SharedConnection[] = [];
  private idling: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly options: SharedConnectionsOptions) {}

  query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    this.watchIdle();
    return this.choose().query<Row>(query);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.idling) clearInterval(this.idling);
    await Promise.all(this.open.map((connection) => connection.close()));
  }

  private choose(): SharedConnection {
    let best: SharedConnection | undefined;
    let least = Infinity;
    const now = performance.now();
    for (const connection of this.open) {
      const load = connection.load(now);
      if (load === 0) return connection;
      if (load < least) [best, least] = [connection, load];
    }
    if (best && this.open.length >= this.options.most) return best;
    const opened = new SharedConnection(this.options.connection);
    this.open.push(opened);
    return opened;
  }

  private watchIdle(): void {
    const { idleMs } = this.options;
    if (idleMs === undefined || this.idling || this.closed) return;
    this.idling = setInterval(() => {
      const before = performance.now() - idleMs;
      for (const connection of this.open.filter((candidate) => candidate.idleSince(before))) {
        this.open.splice(this.open.indexOf(connection), 1);
        void connection.close();
      }
    }, idleMs / 2);
    this.idling.unref();
  }
}

const gathering = new WeakSet<pg.Client>();

/** What is asked on a connection in one turn of the event loop goes out in one system call. */
function gatherWrites(client: pg.Client): void {
  if (gathering.has(client)) return;
  gathering.add(client);
  const { stream } = client.connection;
  stream.cork();
  setImmediate(() => {
    gathering.delete(client);
    stream.uncork();
  });
}

/** One pipelined connection; made on first use and again after it breaks. */
class SharedConnection {
  private underWay = 0;
  private movedAt = performance.now();
  private client: Promise<pg.Client> | null = null;

  constructor(private readonly config: pg.ClientConfig) {}

  async query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    if (this.underWay === 0) this.movedAt = performance.now();
    this.underWay += 1;
    try {
      const client = await this.connect();
      gatherWrites(client);
      forgetOldPlans(client);
      const { rows } = await client.query<Row>(query);
      return rows;
    } finally {
      this.underWay -= 1;
      this.movedAt = performance.now();
    }
  }

  /** How much stands before a statement here: of two with as many, the one that moved last has less. One that waits for a lock holds up all behind it, and comes last. */
  load(now: number): number {
    if (this.underWay === 0) return 0;
    const still = now - this.movedAt;
    return this.underWay + (still > STALLED_MS ? STALLED : still / STALLED_MS);
  }

  idleSince(moment: number): boolean {
    return this.underWay === 0 && this.movedAt < moment;
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => null);
    await client?.end();
  }

  private connect(): Promise<pg.Client> {
    if (this.client) return this.client;
    // A connection that was replaced may still tell of its end: that is not the end of the one in use.
    const opening: Promise<pg.Client> = this.openClient(() => { if (this.client === opening) this.client = null; });
    this.client = opening;
    return opening;
  }

  private async openClient(forget: () => void): Promise<pg.Client> {
    const client = new pg.Client({ ...this.config, pipeline: true });
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
