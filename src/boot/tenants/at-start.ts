import pg from 'pg';
import { type Config, ConfigError } from '../../config/config.js';
import { knownTenants, type KnownTenants, type TenantDefaults, type TenantRow } from '../../config/known-tenants.js';
import { limitsOf } from '../../config/tenant-limits.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { atPrimary } from '../../database/at-primary.js';
import { runsOf } from '../../database/key-generations.js';
import { listTenants } from '../../database/tenants.store.js';

const CONNECT_MS = 10_000;

/** What the settings say of all tenants of which nothing else is said. */
export function defaultsOf({
  corsOrigins,
  production,
  tenantRequestsPerSecond: requestsPerSecond,
  tenantEventsPerSecond: eventsPerSecond,
}: Config): TenantDefaults {
  return { corsOrigins, allowHttp: !production, limits: limitsOf({ requestsPerSecond, eventsPerSecond }) };
}

/** The tenants of TENANTS and of the table, by the settings of a process. */
export function tenantsOf(config: Config, rows: readonly TenantRow[]): KnownTenants {
  return knownTenants(config.tenants, rows, defaultsOf(config));
}

/** Those of TENANTS, where the table was not asked yet. */
export function configuredTenants(config: Config): TenantRegistry {
  return new TenantRegistry(tenantsOf(config, []).tenants);
}

/**
 * The tenants of TENANTS and of the table, as a start finds them.
 * @throws ConfigError in words, where the table has one that cannot be served: nobody guesses which of two was meant
 */
export async function tenantsAtStart(config: Config, serviceDatabaseUrl: string): Promise<TenantRegistry> {
  const client = new pg.Client({
    connectionString: await atPrimary(serviceDatabaseUrl),
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    const { tenants, faults } = tenantsOf(config, await listTenants(runsOf(client)));
    if (faults.length > 0) throw new ConfigError(faults.join('\n'));
    return new TenantRegistry(tenants);
  } finally {
    await client.end();
  }
}
