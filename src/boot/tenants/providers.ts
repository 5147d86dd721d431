import type { Provider } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { PROVIDED } from '../../config/provided.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { servedAt } from '../service-database.js';
import { quotasByTenant, relyingParties, shownPages, tracedTenants } from './values.js';

export interface TenantPlace {
  readonly config: Config;
  readonly serviceDatabaseUrl: string;
  readonly tenants: TenantRegistry;
  /** Whether all tenants share the connections of this process. */
  readonly areShared?: boolean;
}

/** Whose data there are, where, and what follows from what is said of each. */
export function tenantProviders({ config, serviceDatabaseUrl, tenants, areShared = false }: TenantPlace): Provider[] {
  const { sharedConnections, writeConnections, pooledConnections } = config;
  const databases = {
    serviceUrl: serviceDatabaseUrl,
    tenants,
    sharedConnections,
    writeConnections,
    pooledConnections,
    areShared,
    poolerUrl: config.poolerUrl && servedAt(config, serviceDatabaseUrl),
  };
  return [
    { provide: TenantRegistry, useValue: tenants },
    { provide: PROVIDED.databases, useValue: databases },
    { provide: PROVIDED.tracedTenants, useValue: tracedTenants(tenants, config) },
    { provide: PROVIDED.rateLimits, useValue: quotasByTenant(tenants, config) },
    { provide: PROVIDED.pages, useValue: shownPages(tenants, config) },
    { provide: PROVIDED.relyingParties, useValue: relyingParties(tenants, config) },
  ];
}
