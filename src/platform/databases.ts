import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { PROVIDED } from './provided.js';
import { type RequestDatabase, TenantDatabase } from './tenant-database.js';

export interface DatabasesOptions {
  readonly serviceUrl: string;
  readonly tenantIds: readonly string[];
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
}

/** Whose data a request is about, and the work that it does under its Idempotency-Key, if it has one. Whoever is behind a token is one. */
export interface Requester {
  readonly tenantId: string;
  readonly work?: RequestDatabase;
}

/** Hands out the database of each configured tenant. */
@Injectable()
export class Databases implements OnApplicationShutdown {
  private readonly byTenant: ReadonlyMap<string, TenantDatabase>;

  constructor(@Inject(PROVIDED.databases) options: DatabasesOptions) {
    this.byTenant = new Map(options.tenantIds.map((tenantId) => [tenantId, new TenantDatabase({ ...options, url: options.serviceUrl, tenantId })]));
  }

  /**
   * The database of a tenant, or for a request what it is to do all its work with.
   * @throws for a tenant that is not configured, which no verified token can name.
   */
  of(tenantId: string): TenantDatabase;
  of(requester: Requester): RequestDatabase;
  of(whose: string | Requester): RequestDatabase {
    if (typeof whose !== 'string') return whose.work ?? this.of(whose.tenantId);
    const database = this.byTenant.get(whose);
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

/**
 * Refuses to serve through a login that row-level security would not confine.
 * @throws naming what is wrong with the login in SERVICE_DATABASE_URL.
 */
export async function requireConfinedLogin(serviceUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serviceUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows: [role] } = await client.query<{ unconfined: boolean; owns: boolean; member: boolean }>(`
      SELECT r.rolsuper OR r.rolbypassrls AS unconfined,
             EXISTS (SELECT FROM pg_class c WHERE pg_has_role(r.oid, c.relowner, 'USAGE') AND c.relnamespace = 'public'::regnamespace) AS owns,
             EXISTS (SELECT FROM pg_roles s WHERE s.rolname = 'countersign_service' AND pg_has_role(r.oid, s.oid, 'USAGE')) AS member
        FROM pg_roles r WHERE r.rolname = current_user`);
    if (!role || role.unconfined || role.owns) throw new Error('The login that serves requests is a superuser, bypasses row-level security or owns tables; tenants would not be kept apart. Set SERVICE_DATABASE_URL to a plain member of countersign_service.');
    if (!role.member) throw new Error('The login in SERVICE_DATABASE_URL is not a member of countersign_service. Run: GRANT countersign_service TO <login>.');
  } finally {
    await client.end();
  }
}
