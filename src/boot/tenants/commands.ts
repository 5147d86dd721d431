import pg from 'pg';
import { type Config, ConfigError } from '../../config/config.js';
import { type KnownTenant, readKept, requireItsOwn, type TenantStatus } from '../../config/known-tenants.js';
import type { TenantLimits } from '../../config/tenant-limits.js';
import type { TenantConfig } from '../../config/tenants.js';
import { type Runs, runsOf } from '../../database/key-generations.js';
import {
  keepTenantEntry,
  keepTenantLimits,
  keepTenantStatus,
  type KeptTenant,
  listTenants,
  lockTenants,
} from '../../database/tenants.store.js';
import { withOwner } from '../service-database.js';
import { defaultsOf, tenantsOf } from './at-start.js';

/** A tenant as a list shows it. Holds no secret. */
export interface ListedTenant {
  readonly id: string;
  readonly status: TenantStatus;
  readonly namedIn: KnownTenant['namedIn'];
  readonly issuer: string;
  readonly customerIssuer: string | null;
  /** That hold for it, whoever said them. */
  readonly limits: TenantLimits;
  /** Who changed it last in the table; null where nobody did. */
  readonly changedBy: string | null;
  readonly changedAt: Date | null;
}

export interface TenantList {
  readonly tenants: readonly ListedTenant[];
  /** What is in the table and is not served, and why. */
  readonly faults: readonly string[];
}

/** All tenants that the settings and the table name. Changes nothing. */
export function tenantsList(config: Config): Promise<TenantList> {
  return asOwner(config, async (db) => {
    const rows = await listTenants(db);
    const { tenants, faults } = tenantsOf(config, rows);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return { tenants: tenants.map((tenant) => listed(tenant, byId.get(tenant.id))), faults };
  });
}

function listed(
  { id, status, namedIn, issuer, customerIssuer, limits = {} }: KnownTenant,
  row?: KeptTenant,
): ListedTenant {
  return {
    id,
    status,
    namedIn,
    issuer: withoutSecrets(issuer),
    customerIssuer: customerIssuer ? withoutSecrets(customerIssuer.issuer) : null,
    limits,
    changedBy: row?.changed_by ?? null,
    changedAt: row?.changed_at ?? null,
  };
}

/** An address may be written with a password, or with a query that holds one. */
function withoutSecrets(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname === '/' ? '' : pathname}`;
}

/** What becomes of the limits of a tenant: null is as for all, and what is left out stays. */
export type LimitsToSet = { readonly [Name in keyof TenantLimits]?: number | null };

/** An entry of the table, with what is said of its limits. */
export interface EntryToKeep {
  readonly entry: unknown;
  readonly limits: LimitsToSet;
}

/** Adds a tenant to the table, or says what TENANTS would say of such an entry. @throws ConfigError where there is such a tenant */
export function tenantsAdd(config: Config, { entry, limits }: EntryToKeep, changedBy: string): Promise<TenantConfig> {
  return changing(config, async (db, rows) => {
    const tenant = readEntry(config, entry);
    if (config.tenants.some(({ id }) => id === tenant.id))
      throw new ConfigError(`Tenant ${tenant.id} stands in TENANTS already.`);
    if (rows.some((row) => row.id === tenant.id && row.entry !== null))
      throw new ConfigError(`There is a tenant ${tenant.id} already: countersign tenants change.`);
    await keep(db, config, rows, { tenant, entry, limits, changedBy });
    return tenant;
  });
}

/** Puts another entry in place of a tenant's. @throws ConfigError where the table has none */
export function tenantsChange(
  config: Config,
  { entry, limits }: EntryToKeep,
  changedBy: string,
): Promise<TenantConfig> {
  return changing(config, async (db, rows) => {
    const tenant = readEntry(config, entry);
    if (config.tenants.some(({ id }) => id === tenant.id))
      throw new ConfigError(`Tenant ${tenant.id} stands in TENANTS: change it there, and start the service anew.`);
    if (!rows.some((row) => row.id === tenant.id && row.entry !== null))
      throw new ConfigError(`There is no tenant ${tenant.id}: countersign tenants add.`);
    await keep(db, config, rows, { tenant, entry, limits, changedBy });
    return tenant;
  });
}

/** Suspends or resumes a tenant, wherever it stands; whether that changed anything. @throws ConfigError where there is none */
export function tenantsSetStatus(
  config: Config,
  { id, status }: { id: string; status: TenantStatus },
  changedBy: string,
): Promise<boolean> {
  return changing(config, async (db, rows) => {
    const row = rows.find((one) => one.id === id);
    const isNamed = config.tenants.some((tenant) => tenant.id === id);
    if (!isNamed && !row) throw new ConfigError('There is no such tenant: countersign tenants list.');
    if ((row?.status ?? 'active') === status) return false;
    await keepTenantStatus(db, { id, status, changedBy });
    return true;
  });
}

/** Limits what a tenant may do in a second, wherever it stands. @throws ConfigError where there is none */
export function tenantsSetLimits(
  config: Config,
  { id, limits }: { id: string; limits: LimitsToSet },
  changedBy: string,
): Promise<void> {
  return changing(config, async (db, rows) => {
    if (![...rows, ...config.tenants].some((one) => one.id === id))
      throw new ConfigError('There is no such tenant: countersign tenants list.');
    await setLimits(db, rows, { id, limits, changedBy });
  });
}

async function setLimits(
  db: Runs,
  rows: readonly KeptTenant[],
  { id, limits, changedBy }: { id: string; limits: LimitsToSet; changedBy: string },
): Promise<void> {
  const row = rows.find((one) => one.id === id);
  const { requestsPerSecond = row?.requests_per_second ?? null, eventsPerSecond = row?.events_per_second ?? null } =
    limits;
  await keepTenantLimits(db, { id, requestsPerSecond, eventsPerSecond, changedBy });
}

function readEntry(config: Config, entry: unknown): TenantConfig {
  const { id } = Object(entry) as { id?: unknown };
  try {
    return readKept(String(id), entry, defaultsOf(config));
  } catch (error) {
    throw new ConfigError(`The tenant is not taken: ${(error as Error).message}`, { cause: error });
  }
}

async function keep(
  db: Runs,
  config: Config,
  rows: readonly KeptTenant[],
  { tenant, entry, limits, changedBy }: EntryToKeep & { tenant: TenantConfig; changedBy: string },
): Promise<void> {
  const others = tenantsOf(
    config,
    rows.filter(({ id }) => id !== tenant.id),
  );
  try {
    requireItsOwn(tenant, others.tenants);
  } catch (error) {
    throw new ConfigError(`The tenant is not taken: ${(error as Error).message}`, { cause: error });
  }
  await keepTenantEntry(db, { id: tenant.id, entry: entry as object, changedBy });
  if (Object.keys(limits).length > 0) await setLimits(db, rows, { id: tenant.id, limits, changedBy });
}

/** One change at a time, whoever else is at it: what is read before it is so until it is made. */
function changing<Result>(
  config: Config,
  work: (db: Runs, rows: readonly KeptTenant[]) => Promise<Result>,
): Promise<Result> {
  return asOwner(config, async (db, client) => {
    await client.query('BEGIN');
    try {
      await lockTenants(db);
      const result = await work(db, await listTenants(db));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

async function asOwner<Result>(
  config: Config,
  work: (db: Runs, client: pg.Client) => Promise<Result>,
): Promise<Result> {
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: tenants are changed by the role that owns the schema, not the one that serves requests.',
    );
  return withOwner(config, async (ownerUrl) => {
    const client = new pg.Client({ connectionString: ownerUrl, application_name: 'countersign tenants' });
    client.on('error', () => undefined); // what it is asked fails too
    await client.connect();
    try {
      const { rows } = await client.query<{ there: boolean }>(`SELECT to_regclass('tenants') IS NOT NULL AS there`);
      if (!rows[0]!.there)
        throw new ConfigError(
          'The database has no table of tenants yet: start the service once, or run npm run migrate.',
        );
      return await work(runsOf(client), client);
    } finally {
      await client.end();
    }
  });
}
