import type { Config } from '../../config/config.js';
import { type PagesOfTenants, pagesOfTenants } from '../../config/tenant-pages.js';
import { type RelyingParties, relyingPartyOf } from '../../config/passkey-settings.js';
import { quotasOf } from '../../config/rate-limits.js';
import type { TenantRegistry } from '../../config/tenant-registry.js';
import type { TenantQuotas } from '../../http/limits/rate-limits.js';

/** The tenants whose developers may ask why: everywhere but in production, unless a tenant says otherwise. */
export function tracedTenants(tenants: TenantRegistry, { production }: Config): Pick<ReadonlySet<string>, 'has'> {
  const isTraced = tenants.values(({ diagnostics }) => diagnostics ?? !production);
  return { has: (id) => isTraced.get(id) ?? false };
}

/** How often a minute one caller of each tenant may do what is limited. */
export function quotasByTenant(
  tenants: TenantRegistry,
  { rateLimits = {}, referenceChecksPerMinute }: Config,
): TenantQuotas {
  return tenants.values((tenant) => quotasOf(tenant, rateLimits, referenceChecksPerMinute));
}

/** For whom the customers of each tenant make passkeys. */
export function relyingParties(tenants: TenantRegistry, config: Config): RelyingParties {
  return tenants.values((tenant) => relyingPartyOf(tenant, config));
}

/** What the pages of each tenant say and use. */
export function shownPages(tenants: TenantRegistry, { pages, production }: Config): PagesOfTenants {
  return pagesOfTenants(tenants, pages, production);
}
