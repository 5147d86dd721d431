import type { TenantRow } from '../config/known-tenants.js';
import type { Runs } from './key-generations.js';
import { read, sql, write } from './sql.js';

/** A tenant of the table, and who changed it last. */
export interface KeptTenant extends TenantRow {
  readonly changed_by: string;
  readonly changed_at: Date;
  readonly version: number;
  readonly requests_per_second: number | null;
  readonly events_per_second: number | null;
}

const isThere = read('tenants.isThere', sql`SELECT to_regclass('tenants') IS NOT NULL AS there`);

// A table of before there were limits is read, too: a start looks before it migrates.
const list = read(
  'tenants.list',
  sql`
  SELECT id, entry, status, changed_by, changed_at, version::float8 AS version,
         (to_jsonb(t)->>'requests_per_second')::int AS requests_per_second, (to_jsonb(t)->>'events_per_second')::int AS events_per_second
    FROM tenants t ORDER BY id LIMIT 10000`,
);

/** All of the table; none of a database that has none yet. */
export async function listTenants(db: Runs): Promise<KeptTenant[]> {
  const [row] = await db.query<{ there: boolean }>(isThere, {});
  return row!.there ? db.query<KeptTenant>(list, {}) : [];
}

const newest = read('tenants.newest', sql`SELECT coalesce(max(version), 0)::float8 AS version FROM tenants`);

/** A number that is another after each change. @throws where there is no table yet */
export async function newestTenantVersion(db: Runs): Promise<number> {
  const [row] = await db.query<{ version: number }>(newest, {});
  return row!.version;
}

const lock = write('tenants.lock', sql`SELECT pg_advisory_xact_lock(hashtext('countersign.tenants'))`);

/** Nobody else changes a tenant until the transaction ends. As the owner. */
export async function lockTenants(db: Runs): Promise<void> {
  await db.query(lock, {});
}

const keepEntry = write(
  'tenants.keepEntry',
  sql`
  INSERT INTO tenants (id, entry, changed_by, version) VALUES (:id, :entry::jsonb, :changedBy, 0)
  ON CONFLICT (id) DO UPDATE SET entry = excluded.entry, changed_by = excluded.changed_by`,
);

/** Keeps what an entry of TENANTS would say; its status stays, and is `active` where there is none. As the owner. */
export async function keepTenantEntry(
  db: Runs,
  { id, entry, changedBy }: { id: string; entry: object; changedBy: string },
): Promise<void> {
  await db.query(keepEntry, { id, entry: JSON.stringify(entry), changedBy });
}

const keepStatus = write(
  'tenants.keepStatus',
  sql`
  INSERT INTO tenants (id, status, changed_by, version) VALUES (:id, :status, :changedBy, 0)
  ON CONFLICT (id) DO UPDATE SET status = excluded.status, changed_by = excluded.changed_by`,
);

/** Keeps a status, also of a tenant that stands in TENANTS. As the owner. */
export async function keepTenantStatus(
  db: Runs,
  values: { id: string; status: string; changedBy: string },
): Promise<void> {
  await db.query(keepStatus, values);
}

const keepLimits = write(
  'tenants.keepLimits',
  sql`
  INSERT INTO tenants (id, requests_per_second, events_per_second, changed_by, version)
  VALUES (:id, :requestsPerSecond, :eventsPerSecond, :changedBy, 0)
  ON CONFLICT (id) DO UPDATE SET requests_per_second = excluded.requests_per_second,
    events_per_second = excluded.events_per_second, changed_by = excluded.changed_by`,
);

/** Keeps how much a tenant may do in a second, also of one that stands in TENANTS; null is as for all. As the owner. */
export async function keepTenantLimits(
  db: Runs,
  values: { id: string; requestsPerSecond: number | null; eventsPerSecond: number | null; changedBy: string },
): Promise<void> {
  await db.query(keepLimits, values);
}
