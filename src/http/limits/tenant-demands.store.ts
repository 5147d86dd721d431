import { sql, write, writeUrgently } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';
import type { Demand } from './tenant-rate.policy.js';

// What is older is of a process that has nothing to do any more, or that is gone.
const tell = writeUrgently(
  'tenantDemands.tell',
  sql`
  INSERT INTO tenant_demands AS d (process, critical_per_second, interactive_per_second, bulk_per_second, told_at)
  VALUES (:process, :critical, :interactive, :bulk, now())
  ON CONFLICT (tenant_id, process) DO UPDATE SET critical_per_second = excluded.critical_per_second,
    interactive_per_second = excluded.interactive_per_second, bulk_per_second = excluded.bulk_per_second, told_at = excluded.told_at
  RETURNING (SELECT jsonb_build_object('critical', coalesce(sum(o.critical_per_second), 0),
      'interactive', coalesce(sum(o.interactive_per_second), 0), 'bulk', coalesce(sum(o.bulk_per_second), 0))
    FROM tenant_demands o WHERE o.process <> d.process AND o.told_at > now() - interval '1500 milliseconds') AS others`,
);

/** Tells the other processes how many requests of the tenant are asked of this one in a second, and returns how many of them. */
export async function tellDemand(db: TenantHandle, process: string, demand: Demand): Promise<Demand> {
  const [row] = await db.query<{ others: Demand }>(tell, { process, ...demand });
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
