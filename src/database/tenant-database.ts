import pg from 'pg';
import { NotAPrimary } from './primary-client.js';
import { NoPrimary, Primary } from './primary.js';
import { Refusal } from '../refusals/refusal.js';
import type { Scarcity } from './scarcity.js';
import type { ReservedConnection } from './shared-connection.js';
import { bind, type Statement, type Values } from './sql.js';
import { CLIENT_TIMEOUT_MS, ownLanes, type SharedLanes, type TenantLanes } from './tenant-lanes.js';
import { TransactionEffects } from './transaction-effects.js';
import { isTracing, traced } from '../observability/tracing.js';
import { WriteHealth, WritesHeld } from './write-health.js';

/** What a store gets: something that runs statements of one tenant. An open transaction is one too. */
export interface TenantHandle {
  readonly tenantId: string;
  /** Runs one statement and returns its rows. What `values` lacks is looked for in `more`: large objects need not be copied into one. */
  query<Row extends object>(what: Statement, values: Values, more?: Values): Promise<Row[]>;
}

/** What a service does its work with: it knows when what was done is committed. */
export interface WorkHandle extends TenantHandle {
  /** Runs `effect` once what was done is committed: at once where each statement commits by itself. For what others are told, and for memory. */
  afterCommit(effect: () => void): void;
  /** Runs `effect` if what was done is taken back. */
  afterRollback(effect: () => void): void;
}

/** What a service gets for a request: the database itself, or for a request that has an Idempotency-Key the work under that key, which commits as one with its answer. */
export interface RequestDatabase extends WorkHandle {
  /** Runs `work` as a whole: what it did is taken back when it throws. */
  transaction<Result>(work: (handle: WorkHandle) => Promise<Result>): Promise<Result>;
  /** Calls somebody else's service. @throws where rows are held until a transaction ends: nobody waits for a stranger then. */
  outside<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Commits what was done so far; should the process die before it answers, `answer` is what a repetition gets. For what must follow the commit. */
  commitWith(answer: unknown): Promise<void>;
}

export interface TenantDatabaseOptions {
  readonly url: string;
  /** Knows where that is, for all tenants of this process; without it there is one for this tenant alone. */
  readonly primary?: Primary;
  readonly tenantId: string;
  /** For statements that only read. */
  readonly sharedConnections: number;
  /** For statements that change or lock rows. */
  readonly writeConnections?: number;
  readonly pooledConnections: number;
  /** Shared by all tenants of this process. */
  readonly scarcity?: Scarcity;
  /** Connections of all tenants of this process, where it has none of its own. */
  readonly shared?: SharedLanes;
  /** Asked before anything is begun. @throws where nothing may be. */
  readonly admit?: () => void;
  /** The same database, of which it takes all that it has. */
  readonly twin?: { readonly lanes: TenantLanes; readonly writes: WriteHealth };
}

/** Above this many statements under way the service says 503 instead of queueing without bound. */
const MOST_UNDER_WAY = 2_000;
/**
 * The database as one tenant sees it. The tenant is set when a connection is made, or where all share a few when one changes hands, and never by a
 * request: so row-level security confines every statement without a transaction around it.
 */
export class TenantDatabase implements RequestDatabase {
  readonly tenantId: string;
  readonly writes: WriteHealth;
  private readonly lanes: TenantLanes;
  private readonly primary: Primary;
  private readonly ownsPrimary: boolean;
  private underWay = 0;

  private readonly admit: () => void;

  constructor(private readonly options: TenantDatabaseOptions) {
    this.tenantId = options.tenantId;
    this.admit = options.admit ?? (() => undefined);
    this.writes = options.twin?.writes ?? new WriteHealth();
    this.primary = options.primary ?? new Primary({ url: options.url });
    this.ownsPrimary = !options.primary;
    this.lanes = options.twin?.lanes ?? options.shared?.of(options.tenantId) ?? ownLanes(options, this.primary);
  }

  /** The same database for what is begun whoever is served; to be closed with this one. */
  ungated(): TenantDatabase {
    const { admit: _admit, ...options } = this.options;
    return new TenantDatabase({ ...options, primary: this.primary, twin: { lanes: this.lanes, writes: this.writes } });
  }

  /** Grows when the primary is another: what was read before may be of one that decides no more. */
  get generation(): number {
    return this.primary.generation;
  }

  query<Row extends object>(what: Statement, values: Values, more?: Values): Promise<Row[]> {
    if (!isTracing()) return this.run<Row>(what, values, more);
    return traced('statement', what.name, this.tenantId, () => this.run<Row>(what, values, more));
  }

  private async run<Row extends object>(what: Statement, values: Values, more?: Values): Promise<Row[]> {
    this.admit();
    this.refuseTooMany();
    this.underWay += 1;
    try {
      if (!what.writes) return await this.lanes.readers.query<Row>(bind(what, values, more));
      this.writes.requireWritable();
      return await this.lanes.writers.query<Row>(bind(what, values, more), what.isUrgent);
    } catch (error) {
      if (what.writes) this.writes.failed(error);
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }

  /** How much there is to do: for how long whoever is not urgent has found no connection, and how many statements are under way or wait. */
  pressure(): { readonly waitedMs: number; readonly statements: number } {
    const now = performance.now();
    return {
      waitedMs: Math.max(this.lanes.writers.waitedMs(now), this.lanes.transactions.waitedMs(now)),
      statements: this.underWay,
    };
  }

  afterCommit(effect: () => void): void {
    effect();
  }

  afterRollback(): void {
    // Each statement has committed by itself.
  }

  outside<Result>(call: () => Promise<Result>): Promise<Result> {
    return call();
  }

  async commitWith(): Promise<void> {
    // There is no key to keep an answer for.
  }

  /** One of the connections on which statements that change rows run, for a transaction of them. */
  async reserve(): Promise<ReservedConnection> {
    this.admit();
    this.writes.requireWritable();
    this.refuseTooMany();
    this.underWay += 1;
    try {
      return await this.lanes.writers.reserve();
    } catch (error) {
      this.writes.failed(error);
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }

  /**
   * Runs `work` in a transaction on a connection of its own; commits when it resolves and rolls back when it throws.
   * Work for which nobody waits may say for how long a statement of it may run.
   */
  async transaction<Result>(work: (handle: WorkHandle) => Promise<Result>, statementMs?: number): Promise<Result> {
    this.admit();
    this.writes.requireWritable();
    const client = await this.lanes.transactions.reserve();
    const limit = statementMs === undefined ? {} : { query_timeout: statementMs + CLIENT_TIMEOUT_MS };
    const effects = new TransactionEffects();
    const handle: WorkHandle = {
      tenantId: this.tenantId,
      afterCommit: effects.afterCommit,
      afterRollback: effects.afterRollback,
      query: <Row extends object>(what: Statement, values: Values, more?: Values) =>
        traced(
          'statement',
          what.name,
          this.tenantId,
          async () => (await client.query<Row>({ ...bind(what, values, more), ...limit })).rows,
        ),
    };
    let isBroken = false;
    try {
      await client.begin();
      if (statementMs !== undefined) await client.query({ text: `SET LOCAL statement_timeout = ${statementMs}` });
      const result = await work(handle);
      await client.query({ text: 'COMMIT' });
      effects.commit();
      return result;
    } catch (error) {
      effects.rollBack();
      this.writes.failed(error);
      // A server that did not answer is not asked to roll back: it does when the connection goes.
      if (!(error instanceof pg.DatabaseError) && isDatabaseUnavailable(error)) isBroken = true;
      else
        await client.query({ text: 'ROLLBACK' }).catch(() => {
          isBroken = true;
        });
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  private refuseTooMany(): void {
    if (this.underWay >= MOST_UNDER_WAY) throw new Refusal('temporarily-unavailable', { retryAfterSeconds: 1 });
  }

  async close(): Promise<void> {
    await this.lanes.close();
    if (this.ownsPrimary) this.primary.close();
  }
}

/** Nothing of a tenant is read or written where nobody can say whether it is served. */
export class TenantsUnknown extends Error {}

const UNAVAILABLE_SQLSTATES = /^(08...|57P0[1-5]|57014|53...|55P03|58030|40001|40P01|25006|28...|3D000)$/;
const UNAVAILABLE_MESSAGES =
  /connection terminated|connection error|query read timeout|timeout expired|timeout exceeded|client was closed|client has encountered/i;
const UNAVAILABLE_NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

/** Whether an error means that the database cannot answer just now, as against a fault of ours. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ([WritesHeld, NoPrimary, NotAPrimary, TenantsUnknown].some((kind) => error instanceof kind)) return true;
  const { code } = error as { code?: string };
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  if (
    typeof code === 'string' &&
    (UNAVAILABLE_SQLSTATES.test(code) || (UNAVAILABLE_NETWORK.has(code) && 'syscall' in error))
  )
    return true;
  return UNAVAILABLE_MESSAGES.test(error.message);
}

/** Whether a statement failed on the named unique index. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === constraint;
}

/** SQLSTATE `lock_not_available` (PostgreSQL, appendix A): somebody else has it, and it is not waited for any longer. */
export const LOCK_NOT_AVAILABLE = '55P03';
export const UNDEFINED_TABLE = '42P01';

/** Whether a statement failed with this code (SQLSTATE; PostgreSQL, appendix A). */
export function hasSqlState(error: unknown, code: string): boolean {
  return error instanceof pg.DatabaseError && error.code === code;
}
