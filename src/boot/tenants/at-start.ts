import pg from 'pg';
import { type Config, ConfigError } from '../../config/config.js';
import { type KnownTenant, knownTenants } from '../../config/known-tenants.js';
import { atPrimary } from '../../database/at-primary.js';
import { runsOf } from '../../database/key-generations.js';
import { listTenants } from '../../database/tenants.store.js';

/** A configuration with the tenants of the table as well; those that are suspended are in it and in nobody's. */
export async function withKeptTenants(config: Config, serviceDatabaseUrl: string): Promise<Config> {
  const known = await tenantsAtStart(config, serviceDatabaseUrl);
  return { ...config, tenants: known.filter(({ status }) => status === 'active') };
}

/**
 * The tenants of TENANTS and of the table, as a start finds them.
 * @throws ConfigError in words, where the table has one that cannot be served: nobody guesses which of two was meant
 */
async function tenantsAtStart(config: Config, serviceDatabaseUrl: string): Promise<readonly KnownTenant[]> {
  const client = new pg.Client({ connectionString: await atPrimary(serviceDatabaseUrl) });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    return requireUnambiguous(config, await listTenants(runsOf(client)));
  } finally {
    await client.end();
  }
}

function requireUnambiguous(config: Config, rows: Parameters<typeof knownTenants>[1]): readonly KnownTenant[] {
  const { tenants, faults } = knownTenants(config.tenants, rows, {
    corsOrigins: config.corsOrigins,
    allowHttp: !config.production,
  });
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return tenants;
}
