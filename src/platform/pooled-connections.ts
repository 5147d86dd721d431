import type pg from 'pg';
import { isRefusedAsTooMany } from './connection-allowance.js';
import { PatientPool } from './patient-pool.js';
import { forgetOldPlans } from './plan-age.js';
import type { Scarcity } from './scarcity.js';
import type { ReservedConnection } from './shared-connection.js';

/** Connections for transactions. */
export class PooledConnections {
  private readonly pool: PatientPool;

  /** @param otherwise gives a connection where the pool has none and can open none. */
  constructor(config: pg.PoolConfig & { readonly max: number }, private readonly otherwise: () => Promise<ReservedConnection>, private readonly scarcity?: Scarcity) {
    this.pool = new PatientPool({ ...config, askAgainMs: () => null });
    scarcity?.onTold(() => this.pool.giveWay());
  }

  async reserve(): Promise<ReservedConnection> {
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      if (!isRefusedAsTooMany(error)) throw error;
      this.scarcity?.tell();
      return this.otherwise();
    }
    let isBroken = false;
    // While it is checked out the pool does not listen: a connection that breaks between two statements would end the process.
    const noteBroken = (): void => { isBroken = true; };
    client.on('error', noteBroken);
    forgetOldPlans(client);
    return {
      query: <Row extends object>(query: pg.QueryConfig) => client.query<Row>(query),
      release: (broken) => {
        client.off('error', noteBroken);
        client.release(broken || isBroken);
      },
    };
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
