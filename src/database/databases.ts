import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import { Primary } from './primary.js';
import { Scarcity } from './scarcity.js';
import { SharedLanes } from './tenant-lanes.js';
import { type RequestDatabase, TenantDatabase } from './tenant-database.js';

export interface DatabasesOptions {
  readonly serviceUrl: string;
  readonly tenantIds: readonly string[];
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
  /** Of a pooler that hands out sessions for each transaction, by which tenants are served. */
  readonly poolerUrl?: string | undefined;
  /** Whether all tenants have the same connections, which are so many in all; else each has so many of its own. */
  readonly areShared?: boolean;
}

/** Whose data a request is about, and the work that it does under its Idempotency-Key, if it has one. Whoever is behind a token is one. */
export interface Requester {
  readonly tenantId: string;
  /** There for a customer who asks for themself, and then nothing of another's is theirs to see. */
  readonly customerId?: string;
  readonly work?: RequestDatabase;
}

const TOLD = {
  found: 'this host of the database is the primary: all is decided there',
  lost: 'this host of the database decides no more: its connections were cut',
  silent: 'the database says no word: its connections were cut',
} as const;

/** Hands out the database of each configured tenant. */
@Injectable()
export class Databases implements OnApplicationShutdown {
  /** Where it is, for all that this process asks of it and that needs a session. */
  readonly direct: Primary;
  private readonly primary: Primary;
  private readonly byTenant: ReadonlyMap<string, TenantDatabase>;
  private readonly shared: SharedLanes | null;

  constructor(@Inject(PROVIDED.databases) options: DatabasesOptions, @Inject(PROVIDED.logger) logger: Logger) {
    const { serviceUrl, poolerUrl } = options;
    this.direct = new Primary({ url: serviceUrl, tell: (what, about) => logger.warn(about, TOLD[what]) });
    this.primary = poolerUrl === undefined ? this.direct : new Primary({ url: poolerUrl, isPooler: true });
    const scarcity = new Scarcity();
    const pooler = poolerUrl === undefined ? null : 'transaction';
    this.shared = options.areShared ? new SharedLanes(options, this.primary, scarcity, pooler) : null;
    const common = {
      ...options,
      url: serviceUrl,
      scarcity,
      primary: this.primary,
      ...(this.shared ? { shared: this.shared } : {}),
    };
    this.byTenant = new Map(
      options.tenantIds.map((tenantId) => [tenantId, new TenantDatabase({ ...common, tenantId })]),
    );
  }

  /**
   * The database of a tenant, or for a request what it is to do all its work with.
   * @throws for a tenant that is not configured, which no verified token can name.
   */
  of(tenantId: string): TenantDatabase;
  of(requester: Requester): RequestDatabase;
  of(whose: string | Requester): RequestDatabase {
    if (typeof whose !== 'string') return whose.work ?? this.of(whose.tenantId);
    const database = this.byTenant.get(whose);
    if (!database) throw new Error('unknown tenant');
    return database;
  }

  /** Whether there is such a tenant. */
  has(tenantId: string): boolean {
    return this.byTenant.has(tenantId);
  }

  all(): Iterable<TenantDatabase> {
    return this.byTenant.values();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.byTenant.values()].map((database) => database.close()));
    await this.shared?.close();
    this.primary.close();
    this.direct.close();
  }
}
