import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PROVIDED } from '../config/provided.js';
import { Scarcity } from './scarcity.js';
import { type RequestDatabase, TenantDatabase } from './tenant-database.js';

export interface DatabasesOptions {
  readonly serviceUrl: string;
  readonly tenantIds: readonly string[];
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
}

/** Whose data a request is about, and the work that it does under its Idempotency-Key, if it has one. Whoever is behind a token is one. */
export interface Requester {
  readonly tenantId: string;
  readonly work?: RequestDatabase;
}

/** Hands out the database of each configured tenant. */
@Injectable()
export class Databases implements OnApplicationShutdown {
  private readonly byTenant: ReadonlyMap<string, TenantDatabase>;

  constructor(@Inject(PROVIDED.databases) options: DatabasesOptions) {
    const common = { ...options, url: options.serviceUrl, scarcity: new Scarcity() };
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

  all(): Iterable<TenantDatabase> {
    return this.byTenant.values();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.byTenant.values()].map((database) => database.close()));
  }
}
