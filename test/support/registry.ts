import { TenantRegistry } from '../../src/config/tenant-registry.js';

/** A registry of tenants of these ids, all served. */
export function registryOf(...ids: readonly string[]): TenantRegistry {
  return new TenantRegistry(
    ids.map((id) => ({ id, issuer: `https://${id}.example`, status: 'active', namedIn: 'TENANTS' })),
  );
}
