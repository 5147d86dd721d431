import type pg from 'pg';
import { forgetOldPlans } from './plan-age.js';
import { PrimaryClient, type PrimaryClientConfig } from './primary-client.js';

/** A connection on which nothing has ended for this long is taken to be stuck. */
const STALLED_MS = 25;
const STALLED = 1e6;

/**
 * A connection that is nobody else's until it is given back. It stays the same one: where it breaks, all that is asked
 * on it fails.
 */
export interface ReservedConnection {
  /** Begins a transaction. To be waited for: a statement behind one that did not begin would commit by itself. */
  begin(): Promise<unknown>;
  query<Row extends object>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
  /** One that is left in a state that nobody knows is closed. */
  release(broken: boolean): void;
}

/** Names the tenant of a connection until another is named, whatever transactions on it come to. */
const BIND_TENANT = {
  name: 'platform.bindTenant',
  text: `SELECT set_config('countersign.tenant', $1, false) AS tenant`,
} as const;

/** Of a connection that was to show the rows of one tenant nobody knows whose it shows. It was closed. */
export class NotBound extends Error {
  override readonly name = 'NotBound';
  constructor() {
    super('connection terminated: it could not be bound to a tenant');
  }
}

const BEGIN = { name: 'work.begin', text: 'BEGIN' } as const;

/** One open, pipelined connection. One that has ended is not opened again. */
export class SharedConnection {
  /** Statements that stand on it. */
  taken = 0;
  private hasEnded = false;
  private isGathering = false;
  /** When a statement on it last began or ended. */
  movedAt = performance.now();
  /** Whose rows it shows, where it was opened for no tenant: nobody's, until one was named and the server said so. */
  tenantId: string | null = null;

  protected constructor(protected readonly client: PrimaryClient) {}

  /** @param onEnd called once, when an open connection ends for whatever reason. @throws where it cannot be opened. */
  static async open(
    config: PrimaryClientConfig,
    onEnd: (connection: SharedConnection) => void,
    make = (client: PrimaryClient): SharedConnection => new SharedConnection(client),
  ): Promise<SharedConnection> {
    const client = new PrimaryClient({ ...config, pipeline: true });
    const connection = make(client);
    let isOpen = false;
    const end = (): void => {
      if (connection.hasEnded) return;
      connection.hasEnded = true;
      if (isOpen) onEnd(connection);
    };
    client.on('error', end);
    client.on('end', end);
    await client.connect();
    if (connection.hasEnded) throw new Error('Connection terminated');
    isOpen = true;
    return connection;
  }

  get isGone(): boolean {
    return this.hasEnded;
  }

  take(): void {
    if (this.taken === 0) this.movedAt = performance.now();
    this.taken += 1;
  }

  leave(): void {
    this.taken -= 1;
  }

  /** Whether a transaction was left open on it, or nobody knows. */
  get isInTransaction(): boolean {
    return this.client.getTransactionStatus() !== 'I';
  }

  /**
   * Has it show the rows of this tenant and of nobody else. Nothing of another's may stand on it, and nothing is to be sent before this
   * has resolved: a statement that was sent behind a binding that fails would run as whoever had the connection before.
   * @throws where the server did not say that it does; it was cut then.
   */
  async bindTo(tenantId: string): Promise<void> {
    if (this.tenantId === tenantId) return;
    this.tenantId = null;
    try {
      const { rows } = await this.client.query<{ tenant: string }>({ ...BIND_TENANT, values: [tenantId] });
      // Within a transaction it would be taken back with it.
      if (rows[0]?.tenant !== tenantId || this.isInTransaction || this.hasEnded) throw new NotBound();
      this.tenantId = tenantId;
    } catch (error) {
      this.cut();
      throw error;
    }
  }

  async query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    try {
      this.gatherWrites();
      this.refreshPlans();
      const { rows } = await this.client.query<Row>(query);
      return rows;
    } finally {
      this.movedAt = performance.now();
    }
  }

  /** @param giveBack called once nothing is asked on it any more. */
  reserve(giveBack: () => void): ReservedConnection {
    this.refreshPlans();
    const query = <Row extends object>(what: pg.QueryConfig): Promise<pg.QueryResult<Row>> => {
      this.gatherWrites();
      return this.client.query<Row>(what);
    };
    return {
      begin: () => query(BEGIN),
      query,
      release: (broken) => {
        if (broken) void this.close();
        this.movedAt = performance.now();
        giveBack();
      },
    };
  }

  /** What is asked on it in one turn of the event loop goes out in one system call. */
  protected gatherWrites(): void {
    if (this.isGathering) return;
    this.isGathering = true;
    const { stream } = this.client.connection;
    stream.cork();
    setImmediate(() => {
      this.isGathering = false;
      stream.uncork();
    });
  }

  protected refreshPlans(): void {
    forgetOldPlans(this.client);
  }

  /**
   * How much stands before a statement here: of two with as many, the one that moved last has less, and one that is
   * stuck comes last.
   */
  load(now: number): number {
    if (this.taken === 0) return 0;
    const still = now - this.movedAt;
    return this.taken + (still > STALLED_MS ? STALLED : still / STALLED_MS);
  }

  idleSince(moment: number): boolean {
    return this.taken === 0 && this.movedAt < moment;
  }

  /** Ends it at once, and with it all that was asked on it. */
  cut(): void {
    this.hasEnded = true;
    this.client.cut();
  }

  /** Ends it, once what stands on it is done; it counts as gone at once. */
  async close(): Promise<void> {
    this.hasEnded = true;
    await this.client.end().catch(() => undefined);
  }
}
