import pg from 'pg';
import { ConnectionAllowance, isRefusedAsTooMany, REFUSED_MS } from './connection-allowance.js';
import { type HostChoice, PrimaryClient } from './primary-client.js';

type Answer = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (broken?: unknown) => void,
) => void;

export interface PatientPoolOptions extends pg.PoolConfig {
  /** Says which host is the primary, where there are several. */
  readonly primary?: HostChoice | undefined;
  readonly max: number;
  /**
   * Where none is open and the server takes no more, it is asked again after so many milliseconds; where there is no such
   * number, whoever asked has the error.
   */
  readonly askAgainMs?: number;
}

/** Until whoever was refused joins those that wait for one that is open. */
const QUEUE_AGAIN_MS = 10;

/**
 * A pool in which nobody fails for want of a further connection while one is open: whoever comes then waits for one that
 * is given back, and a further one is asked for after a while.
 */
export class PatientPool extends pg.Pool {
  private readonly allowance: ConnectionAllowance;
  private readonly most: number;
  /** Those that are open; the pool itself counts those that are being opened too. */
  private readonly connected = new Set<pg.PoolClient>();
  private asking: NodeJS.Timeout | undefined;

  constructor(private readonly patience: PatientPoolOptions) {
    super({ ...patience, Client: PrimaryClient as unknown as new () => pg.ClientBase });
    this.most = patience.max;
    this.allowance = new ConnectionAllowance(this.most);
    this.on('error', () => undefined); // an idle connection that breaks is replaced by the pool
    this.on('connect', (client) => {
      this.connected.add(client);
      client.once('end', () => this.connected.delete(client));
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Answer): void;
  override connect(callback?: Answer): Promise<pg.PoolClient> | undefined {
    const connected = this.patiently();
    if (!callback) return connected;
    // Not called from within the promise, which would take what it throws.
    connected.then(
      (client) =>
        process.nextTick(callback, undefined, client, (broken?: unknown) => client.release(broken as Error | boolean)),
      (error: Error) => process.nextTick(callback, error, undefined, () => undefined),
    );
    return undefined;
  }

  /** Closes what nobody uses. */
  closeIdle(): void {
    for (let n = this.idleCount; n > 0; n -= 1)
      void super.connect().then(
        (client) => client.release(true),
        () => undefined,
      );
  }

  private async patiently(): Promise<pg.PoolClient> {
    for (;;) {
      this.fit(performance.now());
      try {
        return await super.connect();
      } catch (error) {
        if (!isRefusedAsTooMany(error) || this.ending) throw error;
        this.refused();
        const askAgainMs = this.connected.size > 0 ? QUEUE_AGAIN_MS : this.patience.askAgainMs;
        if (askAgainMs === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, askAgainMs).unref());
      }
    }
  }

  private refused(): void {
    this.allowance.refused(performance.now());
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.askForThoseWhoWait(), REFUSED_MS + 1).unref();
  }

  /** Those that are open may be held for ever, as the one that listens for jobs is. */
  private askForThoseWhoWait(): void {
    this.fit(performance.now());
    if (this.ending || this.waitingCount === 0) return;
    super.connect().then(
      (client) => client.release(),
      (error: unknown) => isRefusedAsTooMany(error) && this.refused(),
    );
  }

  /** The pool queues whoever comes where it has as many as it may: just now that is as many as it has. */
  private fit(now: number): void {
    const open = this.connected.size;
    this.options.max = this.allowance.mayOpen(Math.min(open, this.most - 1), now) ? this.most : open;
  }
}
