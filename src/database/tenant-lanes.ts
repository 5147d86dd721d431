import type pg from 'pg';
import { PooledConnections } from './pooled-connections.js';
import type { PrimaryClientConfig } from './primary-client.js';
import type { Primary } from './primary.js';
import type { Scarcity } from './scarcity.js';
import { SharedConnections } from './shared-connections.js';
import { type Lane, TenantConnections, type TenantConnectionsOptions } from './tenant-connections.js';
import { TransactionConnection } from './transaction-connection.js';

export interface LaneSizes {
  /** For statements that only read. */
  readonly sharedConnections: number;
  /** For statements that change or lock rows. */
  readonly writeConnections?: number;
  readonly pooledConnections: number;
}

/** The connections on which the statements and transactions of one tenant run. */
export interface TenantLanes {
  readonly readers: Pick<Lane, 'query'>;
  readonly writers: Lane;
  readonly transactions: Pick<Lane, 'reserve' | 'waitedMs'>;
  /** Ends those that are this tenant's own. */
  close(): Promise<void>;
}

/** What a connection says of itself that is several tenants' in turn. */
const TENANTS = 'countersign tenants';
const CONNECT_TIMEOUT_MS = 2_000;
/** For so long a transaction waits for its connection. */
const POOL_TIMEOUT_MS = 4_000;
const WRITE_CONNECTIONS = 16;
/** Of those for single statements that change rows, kept for urgent ones: where all others wait for somebody's locks, verdicts go on. */
const VERDICT_CONNECTIONS = 1;
const IDLE_MS = 30_000;
/** The server gives up first (statement_timeout), so that a pipelined connection is torn down only when the server is gone. */
const LIMITS = '-c statement_timeout=4000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000';
/** All that is asked here has an index: a plan that reads a whole table is right while the table is small, and stays when it is not. */
const PLANS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';
/** A statement that writes without saying so, in a function, is refused where it would hold up all that read. */
const READ_ONLY = '-c default_transaction_read_only=on';
/** What changes rows is never asked with conditions that fall away, so it need not be planned for its values. */
const WRITE_PLANS = `${PLANS} -c plan_cache_mode=force_generic_plan`;
const TRANSACTION_PLANS = '-c jit=off';
/** A statement that has no answer by then has lost its server. */
export const CLIENT_TIMEOUT_MS = 6_000;

/** What a connection has on which one tenant's data is read and nothing else is done. */
export function optionsForReading(tenantId: string): pg.ClientConfig {
  return optionsOf(`countersign ${tenantId}`, `-c countersign.tenant=${tenantId} ${LIMITS} ${PLANS} ${READ_ONLY}`);
}

/** The same where it is read for many tenants in turn, each named before. */
export function optionsForReadingInTurn(): pg.ClientConfig {
  return optionsOf(TENANTS, `${LIMITS} ${PLANS} ${READ_ONLY}`);
}

function optionsOf(who: string, options: string): pg.ClientConfig {
  return {
    options,
    application_name: who,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CLIENT_TIMEOUT_MS,
    keepAlive: true,
  };
}

function connectionTo(primary: Primary, who: string, options: string): PrimaryClientConfig {
  return { ...primary.connection, ...optionsOf(who, options) };
}

/** Connections of this tenant alone: it is set as they are opened, and stays. */
export function ownLanes(
  options: LaneSizes & { readonly tenantId: string; readonly scarcity?: Scarcity },
  primary: Primary,
): TenantLanes {
  const { tenantId, scarcity } = options;
  const connection = (plans: string): PrimaryClientConfig =>
    connectionTo(primary, `countersign ${tenantId}`, `-c countersign.tenant=${tenantId} ${LIMITS} ${plans}`);
  const shared = scarcity ? { scarcity } : {};
  const readers = new SharedConnections({
    connection: connection(`${PLANS} ${READ_ONLY}`),
    most: options.sharedConnections,
    ...shared,
  });
  const writers = new SharedConnections({
    connection: connection(WRITE_PLANS),
    most: options.writeConnections ?? WRITE_CONNECTIONS,
    deep: 1,
    kept: VERDICT_CONNECTIONS,
    idleMs: IDLE_MS,
    ...shared,
  });
  const pool = {
    ...connection(TRANSACTION_PLANS),
    connectionTimeoutMillis: POOL_TIMEOUT_MS,
    max: options.pooledConnections,
    idleTimeoutMillis: IDLE_MS,
  };
  const transactions = new PooledConnections({ pool, otherwise: () => writers.reserve(), scarcity });
  return {
    readers,
    writers,
    transactions,
    close: async () => {
      await Promise.all([readers.close(), transactions.close()]);
      await writers.close();
    },
  };
}

/** The same settings as they are given when a connection is opened. */
function settingsOf(options: string): Record<string, string> {
  return Object.fromEntries([...options.matchAll(/-c ([\w.]+)=(\S+)/g)].map(([, name, value]) => [name!, value!]));
}

/** How a connection is opened of which the tenant is named in each transaction, and all that holds there. */
function byTransaction(primary: Primary, options: string): Pick<TenantConnectionsOptions, 'connection' | 'open'> {
  const { options: _options, ...plain } = optionsOf('countersign pooled', '');
  const settings = settingsOf(options);
  return {
    connection: { ...primary.connection, ...plain },
    open: TransactionConnection.opener({ readOnly: options.includes(READ_ONLY), settings }),
  };
}

/**
 * Connections that all tenants of a process share: opened for nobody, and bound to whoever has one, or with a pooler in each
 * transaction.
 */
export class SharedLanes {
  private readonly readers: TenantConnections;
  private readonly writers: TenantConnections;
  private readonly transactions: TenantConnections;

  constructor(sizes: Required<LaneSizes>, primary: Primary, scarcity: Scarcity, pooler: 'transaction' | null = null) {
    const common = (plans: string) => ({
      ...(pooler === null
        ? { connection: connectionTo(primary, TENANTS, `${LIMITS} ${plans}`) }
        : byTransaction(primary, `${LIMITS} ${plans}`)),
      idleMs: IDLE_MS,
      scarcity,
    });
    this.readers = new TenantConnections({ ...common(`${PLANS} ${READ_ONLY}`), most: sizes.sharedConnections });
    this.writers = new TenantConnections({
      ...common(WRITE_PLANS),
      most: sizes.writeConnections,
      kept: VERDICT_CONNECTIONS,
    });
    this.transactions = new TenantConnections({ ...common(TRANSACTION_PLANS), most: sizes.pooledConnections });
  }

  of(tenantId: string): TenantLanes {
    return {
      readers: this.readers.of(tenantId),
      writers: this.writers.of(tenantId),
      transactions: this.transactions.of(tenantId),
      close: () => Promise.resolve(),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.readers.close(), this.writers.close(), this.transactions.close()]);
  }
}
