import pg from 'pg';
import { ConfigError } from '../config/config-keys.js';

/**
 * Refuses to serve through a login that row-level security would not confine.
 * @throws naming what is wrong with the login in SERVICE_DATABASE_URL.
 */
export async function requireConfinedLogin(serviceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serviceUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const {
      rows: [role],
    } = await client.query<{ unconfined: boolean; owns: boolean; member: boolean }>(`
      SELECT r.rolsuper OR r.rolbypassrls AS unconfined,
             EXISTS (SELECT FROM pg_class c WHERE pg_has_role(r.oid, c.relowner, 'USAGE') AND c.relnamespace = 'public'::regnamespace) AS owns,
             EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'countersign_service' AND pg_has_role(r.oid, s.oid, 'USAGE')) AS member
        FROM pg_roles r WHERE r.rolname = current_user`);
    if (!role || role.unconfined || role.owns)
      throw new ConfigError(
        'The login that serves requests is a superuser, bypasses row-level security or owns tables; tenants would not be kept apart. Set SERVICE_DATABASE_URL to a plain member of countersign_service.',
      );
    if (!role.member)
      throw new ConfigError(
        'The login in SERVICE_DATABASE_URL is not a member of countersign_service. Run: GRANT countersign_service TO <login>.',
      );
  } finally {
    await client.end();
  }
}
