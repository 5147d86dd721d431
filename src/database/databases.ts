import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import type { TenantRegistry } from '../config/tenant-registry.js';
import { Refusal } from '../refusals/refusal.js';
import { Primary } from './primary.js';
import { Scarcity } from './scarcity.js';
import { SharedLanes } from './tenant-lanes.js';
import { type RequestDatabase, TenantDatabase, type TenantDatabaseOptions, TenantsUnknown } from './tenant-database.js';

export interface DatabasesOptions {
  readonly serviceUrl: string;
  /** Whose databases there are; asked before each statement whether its tenant is served. */
  readonly tenants: TenantRegistry;
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

/** Of one tenant: as requests and jobs have it, and as what goes on for those that are suspended too. */
interface Pair {
  readonly served: TenantDatabase;
  readonly kept: TenantDatabase;
}

/** Hands out the database of each tenant that there is. */
@Injectable()
export class Databases implements OnApplicationShutdown {
  /** Where it is, for all that this process asks of it and that needs a session. */
  readonly direct: Primary;
  private readonly primary: Primary;
  private readonly byTenant = new Map<string, Pair>();
  private readonly scarcity = new Scarcity();
  private shared: SharedLanes | null = null;
  private readonly hooks = new Set<(changed: ReadonlySet<string>) => void>();

  constructor(
    @Inject(PROVIDED.databases) private readonly options: DatabasesOptions,
    @Inject(PROVIDED.logger) logger: Logger,
  ) {
    const { serviceUrl, poolerUrl } = options;
    this.direct = new Primary({ url: serviceUrl, tell: (what, about) => logger.warn(about, TOLD[what]) });
    this.primary = poolerUrl === undefined ? this.direct : new Primary({ url: poolerUrl, isPooler: true });
    for (const { id } of options.tenants.all()) this.add(id, options.areShared ?? false);
    options.tenants.onChange((changed) => {
      for (const { id } of options.tenants.all()) if (!this.byTenant.has(id)) this.add(id, true);
      for (const hook of this.hooks) hook(changed);
    });
  }

  /** Those that come while the service runs share connections: what others have was counted at the start. */
  private add(tenantId: string, isShared: boolean): void {
    const { options, scarcity, primary } = this;
    const pooler = options.poolerUrl === undefined ? null : 'transaction';
    if (isShared) this.shared ??= new SharedLanes(options, primary, scarcity, pooler);
    const common: TenantDatabaseOptions = {
      ...options,
      url: options.serviceUrl,
      tenantId,
      scarcity,
      primary,
      ...(isShared && this.shared ? { shared: this.shared } : {}),
    };
    const served = new TenantDatabase({ ...common, admit: () => this.admit(tenantId) });
    this.byTenant.set(tenantId, { served, kept: served.ungated() });
  }

  /** @throws Refusal for a tenant that is suspended, TenantsUnknown where it may be by now and nobody can say */
  private admit(tenantId: string): void {
    const { tenants } = this.options;
    if (!tenants.isSure) throw new TenantsUnknown('it is not known which tenants are served');
    if (!tenants.isActive(tenantId)) throw new Refusal('tenant-suspended');
  }

  /**
   * The database of a tenant, or for a request what it is to do all its work with.
   * @throws for a tenant that there is not, which no verified token can name.
   */
  of(tenantId: string): TenantDatabase;
  of(requester: Requester): RequestDatabase;
  of(whose: string | Requester): RequestDatabase {
    if (typeof whose !== 'string') return whose.work ?? this.of(whose.tenantId);
    return this.pairOf(whose).served;
  }

  /** Whether there is such a tenant. */
  has(tenantId: string): boolean {
    return this.byTenant.has(tenantId);
  }

  /** Whether there is such a tenant, and it is not served. */
  isSuspended(tenantId: string): boolean {
    return this.has(tenantId) && !this.options.tenants.isActive(tenantId);
  }

  /** Those of the tenants that are served, for what is done for each. */
  all(): TenantDatabase[] {
    return [...this.byTenant].flatMap(([id, { served }]) => (this.options.tenants.isActive(id) ? [served] : []));
  }

  /**
   * Of every tenant, whether or not it is served: for its log, which is sealed and shown to anybody all the same, and for what is asked of
   * the database as a whole.
   */
  allKept(): TenantDatabase[] {
    return [...this.byTenant.values()].map(({ kept }) => kept);
  }

  /** The same of one tenant. @throws for a tenant that there is not */
  keptOf(tenantId: string): TenantDatabase {
    return this.pairOf(tenantId).kept;
  }

  /** Calls `hook` after each change of the tenants, with the ids of those that are other than they were. */
  onChange(hook: (changed: ReadonlySet<string>) => void): void {
    this.hooks.add(hook);
  }

  private pairOf(tenantId: string): Pair {
    const pair = this.byTenant.get(tenantId);
    if (!pair) throw new Error('unknown tenant');
    return pair;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.byTenant.values()].map(({ served }) => served.close()));
    await this.shared?.close();
    this.primary.close();
    this.direct.close();
  }
}
