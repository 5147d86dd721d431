import pg from 'pg';
import { forgetOldPlans } from './plan-age.js';

export interface SharedConnectionsOptions {
  readonly connection: pg.ClientConfig;
  /** Opened as they are needed. */
  readonly most: number;
  /**
   * Statements that may stand on one connection; without bound, where there is none. One that waits for a lock holds up
   * all that were sent behind it, and when they are sent nobody knows that it will: where statements lock rows, it is 1.
   */
  readonly deep?: number;
  /** One that has had nothing to do for this long is closed, milliseconds; never, where there is none. */
  readonly idleMs?: number;
}

/** A connection on which nothing has ended for this long is taken to be stuck. */
const STALLED_MS = 25;
const STALLED = 1e6;
/** Longer than any statement may wait for a lock: what waits longer for room waits for a server that is gone, or for too much. */
const ROOM_TIMEOUT_MS = 4_000;

/** A connection that is nobody else's until it is given back. It stays the same one: where it breaks, all that is asked on it fails. */
export interface ReservedConnection {
  query<Row extends object>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
  /** One that is left in a state that nobody knows is closed. */
  release(broken: boolean): void;
}

interface Waiting {
  readonly begin: (connection: SharedConnection) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A few connections that many requests share. A statement goes to one that is idle, or to a new one while more may be
 * opened; else it is pipelined behind those of the connection with the fewest that moves, or waits for the first that
 * has room.
 */
export class SharedConnections {
  private readonly open: SharedConnection[] = [];
  private readonly waiting = new Set<Waiting>();
  private idling: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly options: SharedConnectionsOptions) {}

  async query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    this.watchIdle();
    const connection = this.choose() ?? (await this.room());
    try {
      return await connection.query<Row>(query);
    } finally {
      this.handOn(connection);
    }
  }

  /** A connection for a transaction; of use only where `deep` is 1, and so nothing else stands on it. */
  async reserve(): Promise<ReservedConnection> {
    this.watchIdle();
    const connection = this.choose() ?? (await this.room());
    try {
      return await connection.reserve(() => this.handOn(connection));
    } catch (error) {
      this.handOn(connection);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.idling) clearInterval(this.idling);
    await Promise.all(this.open.map((connection) => connection.close()));
  }

  /** One with room, which is taken. */
  private choose(): SharedConnection | null {
    if (this.closed) throw new Error('the client was closed');
    const { most, deep = Infinity } = this.options;
    let best: SharedConnection | undefined;
    let least = Infinity;
    const now = performance.now();
    for (const connection of this.open) {
      const load = connection.load(now);
      if (load < least) [best, least] = [connection, load];
      if (load === 0) break;
    }
    if (least > 0 && this.open.length < most) this.open.push(best = new SharedConnection(this.options.connection));
    if (!best || best.taken >= deep) return null;
    best.take();
    return best;
  }

  private room(): Promise<SharedConnection> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        begin: resolve,
        timer: setTimeout(() => {
          this.waiting.delete(waiting);
          reject(new Error('timeout exceeded while waiting for a connection'));
        }, ROOM_TIMEOUT_MS),
      };
      this.waiting.add(waiting);
    });
  }

  /** Gives the place of what ended to what has waited longest. */
  private handOn(connection: SharedConnection): void {
    const [next] = this.waiting;
    if (!next) return connection.leave();
    this.waiting.delete(next);
    clearTimeout(next.timer);
    next.begin(connection);
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
  /** Statements that stand on it. */
  taken = 0;
  private movedAt = performance.now();
  private client: Promise<pg.Client> | null = null;

  constructor(private readonly config: pg.ClientConfig) {}

  take(): void {
    if (this.taken === 0) this.movedAt = performance.now();
    this.taken += 1;
  }

  leave(): void {
    this.taken -= 1;
  }

  async query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    try {
      const client = await this.connect();
      gatherWrites(client);
      forgetOldPlans(client);
      const { rows } = await client.query<Row>(query);
      return rows;
    } finally {
      this.movedAt = performance.now();
    }
  }

  async reserve(giveBack: () => void): Promise<ReservedConnection> {
    const client = await this.connect();
    forgetOldPlans(client);
    return {
      query: <Row extends object>(query: pg.QueryConfig) => {
        gatherWrites(client);
        return client.query<Row>(query);
      },
      release: (broken) => {
        if (broken) {
          this.client = null;
          client.end().catch(() => undefined);
        }
        this.movedAt = performance.now();
        giveBack();
      },
    };
  }

  /** How much stands before a statement here: of two with as many, the one that moved last has less, and one that is stuck comes last. */
  load(now: number): number {
    if (this.taken === 0) return 0;
    const still = now - this.movedAt;
    return this.taken + (still > STALLED_MS ? STALLED : still / STALLED_MS);
  }

  idleSince(moment: number): boolean {
    return this.taken === 0 && this.movedAt < moment;
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
