import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PROVIDED } from './provided.js';
import { TenantDatabase } from './tenant-database.js';

export interface DatabasesOptions {
  readonly serviceUrl: string;
  readonly tenantIds: readonly string[];
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
}

/** Hands out the database of each configured tenant. */
@Injectable()
export class Databases implements OnApplicationShutdown {
  private readonly byTenant: ReadonlyMap<string, TenantDatabase>;

  constructor(@Inject(PROVIDED.databases) options: DatabasesOptions) {
    this.byTenant = new Map(options.tenantIds.map((tenantId) => [tenantId, new TenantDatabase({ ...options, url: options.serviceUrl, tenantId })]));
  }

  /** @throws for a tenant that is not configured, which no verified token can name. */
  of(tenantId: string): TenantDatabase {
    const database = this.byTenant.get(tenantId);
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
