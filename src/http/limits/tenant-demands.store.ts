import { sql, write, writeUrgently } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';

// What is older is of a process that has nothing to do any more, or that is gone.
const tell = writeUrgently(
  'tenantDemands.tell',
  sql`
  INSERT INTO tenant_demands AS d (process, asked_per_second, told_at) VALUES (:process, :askedPerSecond, now())
  ON CONFLICT (tenant_id, process) DO UPDATE SET asked_per_second = excluded.asked_per_second, told_at = excluded.told_at
  RETURNING (SELECT coalesce(sum(o.asked_per_second), 0) FROM tenant_demands o
              WHERE o.process <> d.process AND o.told_at > now() - interval '1500 milliseconds')::float8 AS others`,
);

/** Tells the other processes how many requests of the tenant are asked of this one in a second, and returns how many of them. */
export async function tellDemand(
  db: TenantHandle,
  values: { process: string; askedPerSecond: number },
): Promise<number> {
  const [row] = await db.query<{ others: number }>(tell, values);
  return row!.others;
}

const forget = write(
  'tenantDemands.forget',
  sql`DELETE FROM tenant_demands WHERE told_at < now() - interval '1 minute'`,
);

/** Forgets processes of which nothing was heard for a minute. */
export async function forgetDemands(db: TenantHandle): Promise<void> {
  await db.query(forget, {});
}
