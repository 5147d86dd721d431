import pg from 'pg';
import { beforeSilence } from './host-watch.js';
import { readDatabaseAddress } from './hosts.js';
import type { HostChoice, PrimaryClient, PrimaryClientConfig } from './primary-client.js';
import { judgeReplica, type NoReplica, type PrimaryPosition, ReplicaLag } from './replica.policy.js';
import { readReplicaStanding } from './replica-position.store.js';
import { bind, type Statement, type Values } from './sql.js';

export interface ReplicaOptions {
  /** Its address, with the login that serves. */
  readonly url: string;
  /** One that has been behind for longer is not asked. */
  readonly maxLagSeconds: number;
  /** Where the primary is. */
  readonly position: () => Promise<PrimaryPosition>;
  /** Told of each change: null where it is asked from now on. */
  readonly tell?: (why: NoReplica | null) => void;
}

const EVERY_MS = 500;
/** So long it has to say what it is; then every connection to it is cut. */
const ANSWER_MS = 500;

/**
 * Knows whether a read replica may be asked just now. It is looked at twice a second over a connection of its own; one
 * that says no word has its connections cut, so that nothing waits for it.
 */
export class Replica implements HostChoice {
  readonly refusesStandbys = false;
  /** Why it is not asked just now; null where it is. */
  why: NoReplica | null = 'away';
  private readonly lag = new ReplicaLag();
  private readonly clients = new Set<PrimaryClient>();
  private readonly url: string;
  private watch: pg.Client | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: ReplicaOptions) {
    const { hosts, at } = readDatabaseAddress(options.url);
    this.url = at(hosts[0]!);
  }

  /** What a connection to it is to be opened with. */
  get connection(): PrimaryClientConfig {
    return { connectionString: this.url, primary: this };
  }

  /** For how long it has been behind the primary; grows while it is away. */
  get lagSeconds(): number {
    return this.lag.seconds(performance.now());
  }

  choose(client: PrimaryClient): Promise<null> {
    this.clients.add(client);
    client.once('end', () => this.clients.delete(client));
    return Promise.resolve(null);
  }

  mistaken(): void {
    // A standby is what is wanted.
  }

  /** Begins to look at it. */
  start(): void {
    void this.look();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.drop();
  }

  private async look(): Promise<void> {
    const why = await this.inquire();
    if (this.isClosed) return this.drop();
    if (why !== this.why) this.options.tell?.(why);
    this.why = why;
    this.timer = setTimeout(() => void this.look(), EVERY_MS).unref();
  }

  private async inquire(): Promise<NoReplica | null> {
    const primary = await this.options.position().catch(() => null);
    // Without a primary nothing is asked of the replica either: what it is stays as it was.
    if (primary) this.lag.note(primary.position, performance.now());
    try {
      const asking = this.ask();
      asking.catch(() => undefined);
      const standing = await beforeSilence(asking, ANSWER_MS);
      if (!primary) return this.why;
      const why = judgeReplica(primary, standing);
      if (why !== null && why !== 'behind') return why;
      this.lag.replayed(standing.position);
      return this.lagSeconds > this.options.maxLagSeconds ? 'behind' : null;
    } catch {
      this.drop();
      for (const client of this.clients) client.cut();
      return 'away';
    }
  }

  private async ask(): ReturnType<typeof readReplicaStanding> {
    const client = this.watch ?? (await this.open());
    return readReplicaStanding({
      query: async <Row extends object>(what: Statement, values: Values) =>
        (await client.query<Row>(bind(what, values))).rows,
    });
  }

  private async open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'countersign watch',
      connectionTimeoutMillis: ANSWER_MS,
      keepAlive: true,
    });
    this.watch = client;
    const forget = (): void => {
      if (this.watch === client) this.watch = null;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    return client;
  }

  private drop(): void {
    this.watch?.connection.stream.destroy();
    this.watch = null;
  }
}
