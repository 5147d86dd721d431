import type pg from 'pg';
import { isRefusedAsTooMany } from './connection-allowance.js';
import { PatientPool, type PatientPoolOptions } from './patient-pool.js';
import { forgetOldPlans } from './plan-age.js';
import type { Scarcity } from './scarcity.js';
import type { ReservedConnection } from './shared-connection.js';

export interface PooledConnectionsOptions {
  readonly pool: PatientPoolOptions;
  /** Gives another connection where the pool has none and can open none, or gives way. */
  readonly otherwise: () => Promise<ReservedConnection>;
  readonly scarcity?: Scarcity | undefined;
}

/** So long after somebody had no connection at all, transactions run where statements do. */
const GIVES_WAY_MS = 5_000;

/** Connections for transactions. They are the first to give way, as there are others on which a transaction can run. */
export class PooledConnections {
  private readonly pool: PatientPool;
  private givesWayUntil = -Infinity;
  /** Since when, of those who wait, and of those who have one. */
  private readonly waiting = new Set<{ readonly since: number }>();
  private readonly held = new Set<{ readonly since: number }>();

  constructor(private readonly options: PooledConnectionsOptions) {
    this.pool = new PatientPool(options.pool);
    options.scarcity?.onTold(() => {
      this.givesWayUntil = performance.now() + GIVES_WAY_MS;
      this.pool.closeIdle();
    });
  }

  /** @throws where it was waited for too long, or the database is away. */
  async reserve(): Promise<ReservedConnection> {
    if (this.givesWay) return this.options.otherwise();
    let client: pg.PoolClient;
    const waiting = { since: performance.now() };
    this.waiting.add(waiting);
    try {
      client = await this.pool.connect();
    } catch (error) {
      if (!isRefusedAsTooMany(error)) throw error;
      return await this.options.otherwise();
    } finally {
      this.waiting.delete(waiting);
    }
    const held = { since: performance.now() };
    this.held.add(held);
    let isBroken = false;
    // While it is checked out the pool does not listen: a connection that breaks between two statements would end
    // the process.
    const noteBroken = (): void => {
      isBroken = true;
    };
    client.on('error', noteBroken);
    forgetOldPlans(client);
    return {
      begin: () => client.query({ text: 'BEGIN' }),
      query: <Row extends object>(query: pg.QueryConfig) => client.query<Row>(query),
      release: (broken) => {
        client.off('error', noteBroken);
        this.held.delete(held);
        client.release(broken || isBroken || this.givesWay);
      },
    };
  }

  /** For how long nobody has found one, milliseconds: since the last was taken, or who has waited longest came. */
  waitedMs(now: number): number {
    const [first] = this.waiting;
    const all = [...this.held];
    const since = all.length < this.options.pool.max ? now : all.at(-1)!.since;
    return now - Math.min(first?.since ?? now, since);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private get givesWay(): boolean {
    return performance.now() < this.givesWayUntil;
  }
}
