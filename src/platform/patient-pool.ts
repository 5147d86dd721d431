import pg from 'pg';
import { ConnectionAllowance, isRefusedAsTooMany } from './connection-allowance.js';

type Answer = (error: Error | undefined, client: pg.PoolClient | undefined, release: (broken?: unknown) => void) => void;

export interface PatientPoolOptions extends pg.PoolConfig {
  readonly max: number;
  /**
   * Told where none is open and the server takes no more, milliseconds to wait before it is asked again; null where whoever
   * asked should have the error.
   */
  readonly askAgainMs: () => number | null;
}

/**
 * A pool in which nobody fails for want of a further connection while one is open: whoever comes then waits for one that
 * is given back, and a further one is asked for after a while.
 */
export class PatientPool extends pg.Pool {
  private readonly allowance: ConnectionAllowance;
  private readonly most: number;

  constructor(private readonly patience: PatientPoolOptions) {
    super(patience);
    this.most = patience.max;
    this.allowance = new ConnectionAllowance(this.most);
    this.on('error', () => undefined); // an idle connection that breaks is replaced by the pool
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Answer): void;
  override connect(callback?: Answer): Promise<pg.PoolClient> | undefined {
    const connected = this.patiently();
    if (!callback) return connected;
    // Not called from within the promise, which would take what it throws.
    connected.then(
      (client) => process.nextTick(callback, undefined, client, (broken?: unknown) => client.release(broken as Error | boolean)),
      (error: Error) => process.nextTick(callback, error, undefined, () => undefined),
    );
    return undefined;
  }

  /** Half of what is open is closed, as far as nobody uses it, and not opened again for a while. */
  giveWay(): void {
    const now = performance.now();
    this.allowance.giveWay(this.totalCount, now);
    this.fit(now);
    const idle = Math.min(this.idleCount, this.allowance.surplus(this.totalCount, now));
    for (let n = 0; n < idle; n += 1) void super.connect().then((client) => client.release(true), () => undefined);
  }

  private async patiently(): Promise<pg.PoolClient> {
    for (;;) {
      this.fit(performance.now());
      try {
        return await super.connect();
      } catch (error) {
        if (!isRefusedAsTooMany(error) || this.ending) throw error;
        this.allowance.refused(performance.now());
        if (this.totalCount > 0) continue;
        const askAgainMs = this.patience.askAgainMs();
        if (askAgainMs === null) throw error;
        await new Promise((resolve) => setTimeout(resolve, askAgainMs).unref());
      }
    }
  }

  /** The pool queues whoever comes where it has as many as it may: just now that is as many as it has. */
  private fit(now: number): void {
    const { totalCount } = this;
    this.options.max = totalCount === 0 || this.allowance.mayOpen(totalCount, now) ? this.most : totalCount;
  }
}
