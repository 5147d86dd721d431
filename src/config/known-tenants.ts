import { parseUrl } from '../readers/url.js';
import { limitsOf, type TenantLimits } from './tenant-limits.js';
import { readTenantEntry, type TenantConfig } from './tenants.js';

export const TENANT_STATUSES = ['active', 'suspended'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** What the table of tenants holds of one. */
export interface TenantRow {
  readonly id: string;
  /** As an entry of TENANTS; null where the tenant stands there. */
  readonly entry: unknown;
  readonly status: string;
  /** Null where it is as for all. */
  readonly requests_per_second?: number | null;
  readonly events_per_second?: number | null;
}

/** A tenant, wherever it is named. */
export interface KnownTenant extends TenantConfig {
  readonly status: TenantStatus;
  readonly namedIn: 'TENANTS' | 'table';
  /** None where there is no limit. */
  readonly limits?: TenantLimits;
}

/** All tenants, and what keeps others from being served, in sentences. */
export interface KnownTenants {
  readonly tenants: readonly KnownTenant[];
  readonly faults: readonly string[];
}

/** What holds for a tenant whose entry says nothing else. */
export interface TenantDefaults {
  readonly corsOrigins?: readonly string[] | undefined;
  /** Whether keys may come over plain HTTP from other machines. */
  readonly allowHttp: boolean;
  readonly limits?: TenantLimits;
}

/**
 * The tenants of TENANTS and of the table together. The status and the limits of each are the table's. An entry of the table
 * that cannot be read, or that has the id or an issuer of another tenant, is served by nobody; the other is as before. A status
 * that is none is as `suspended`.
 */
export function knownTenants(
  own: readonly TenantConfig[],
  rows: readonly TenantRow[],
  defaults: TenantDefaults,
): KnownTenants {
  const kept = new Map(rows.map((row) => [row.id, row]));
  const standing = (id: string): Pick<KnownTenant, 'status' | 'limits'> => {
    const row = kept.get(id);
    const said = { requestsPerSecond: row?.requests_per_second, eventsPerSecond: row?.events_per_second };
    const limits = limitsOf(said, defaults.limits ?? {});
    return {
      status: (row?.status ?? 'active') === 'active' ? 'active' : 'suspended',
      ...(Object.keys(limits).length > 0 ? { limits } : {}),
    };
  };
  const tenants = own.map((tenant): KnownTenant => ({ ...tenant, ...standing(tenant.id), namedIn: 'TENANTS' }));
  const faults: string[] = [];
  for (const { id, entry } of rows) {
    if (entry === null) continue;
    try {
      const tenant = readKept(id, entry, defaults);
      requireItsOwn(tenant, tenants);
      tenants.push({ ...tenant, ...standing(id), namedIn: 'table' });
    } catch (error) {
      faults.push(`Tenant ${id} of the table: ${(error as Error).message}`);
    }
  }
  return { tenants, faults };
}

/** @throws Error in words, for an entry that TENANTS would not take */
export function readKept(id: string, entry: unknown, { corsOrigins, allowHttp }: TenantDefaults): TenantConfig {
  let tenant: TenantConfig;
  try {
    tenant = readTenantEntry(entry);
  } catch (error) {
    throw new Error(`its entry should be as in ${(error as Error).message}.`, { cause: error });
  }
  if (tenant.id !== id) throw new Error('its entry is of another id.');
  for (const { issuer, jwksUri } of [tenant, ...(tenant.customerIssuer ? [tenant.customerIssuer] : [])])
    if (!allowHttp && !isConfidential(jwksUri ?? issuer))
      throw new Error('the keys of its issuer would come over plain HTTP.');
  return corsOrigins ? { corsOrigins, ...tenant } : tenant;
}

/** @throws Error in words, where another has its id or one of its issuers: the issuer alone decides whose a token is */
export function requireItsOwn(tenant: TenantConfig, others: readonly (TenantConfig | KnownTenant)[]): void {
  const issuers = new Set(issuersOf(tenant));
  for (const other of others) {
    if (other.id === tenant.id)
      throw new Error('TENANTS has a tenant of this id too: take it out of one of the two. TENANTS counts meanwhile.');
    if (issuersOf(other).some((issuer) => issuers.has(issuer)))
      throw new Error(`an issuer of it is also ${other.id}'s, and the issuer decides the tenant.`);
  }
}

function issuersOf({ issuer, customerIssuer }: TenantConfig): string[] {
  return customerIssuer ? [issuer, customerIssuer.issuer] : [issuer];
}

/** Whether nobody on the network could change what such an address answers: https, or on this machine. */
export function isConfidential(address: string): boolean {
  const { protocol, hostname } = parseUrl(address) ?? {};
  const isLoopback = hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}
