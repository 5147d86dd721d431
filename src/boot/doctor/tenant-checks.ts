import type { Inspection } from '../../config/config.js';
import { databaseAddresses } from '../../config/database-addresses.js';
import { type KnownTenant, knownTenants, type TenantRow } from '../../config/known-tenants.js';
import { atPrimary } from '../../database/at-primary.js';
import { runsOf } from '../../database/key-generations.js';
import { listTenants } from '../../database/tenants.store.js';
import { connectedTo } from './connected.js';
import type { Finding } from './finding.js';

/** The banks of the settings and of the table of the database, and what keeps others of the table from being served. */
export async function findTenants(
  inspection: Inspection,
): Promise<{ tenants: readonly KnownTenant[]; findings: readonly Finding[] }> {
  const { env } = inspection;
  const { tenants, faults } = knownTenants(env.TENANTS ?? [], await rowsOf(inspection), {
    allowHttp: env.NODE_ENV !== 'production',
  });
  return { tenants, findings: faults.map((detail) => ({ check: 'tenants', result: 'failed', detail })) };
}

/** A database that cannot be asked is told of by its own checks. */
async function rowsOf({ env, faults }: Inspection): Promise<readonly TenantRow[]> {
  const { ownerDatabaseUrl, serviceDatabaseUrl } = databaseAddresses(env);
  const url = ownerDatabaseUrl ?? serviceDatabaseUrl;
  if (!url || faults.DATABASE_URL || faults.SERVICE_DATABASE_URL || faults.DATABASE_DIRECT_URL) return [];
  try {
    return await connectedTo(await atPrimary(url), (client) => listTenants(runsOf(client)));
  } catch {
    return [];
  }
}
