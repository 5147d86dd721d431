import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

const ensure = write(
  'relay.ensure',
  sql`
  INSERT INTO event_consumers (name, xid, sequence)
  SELECT :name, (pg_snapshot_xmin(log_snapshot())::text::numeric - 1)::text::xid8, 4611686018427387904
   WHERE NOT EXISTS (SELECT FROM event_consumers WHERE name = :name)
  ON CONFLICT DO NOTHING`,
);

/** Lets a consumer begin with what settles from now on, unless it has begun before. */
export async function ensureConsumer(db: TenantHandle, name: string): Promise<void> {
  await db.query(ensure, { name });
}

// In the order of the log, so that it is read by that order alone, and not by the ids.
const behind = read(
  'relay.behind',
  sql`
  SELECT FROM event_consumers c
   WHERE c.name = :name AND EXISTS (
     SELECT FROM (SELECT FROM events e WHERE e.id >= :first::uuid AND (e.xid, e.sequence) > (c.xid, c.sequence)
       AND e.xid < pg_snapshot_xmin(log_snapshot())
                   ORDER BY e.xid, e.sequence LIMIT 1) next)`,
);

/** Whether something waits for a consumer that `first` does not exceed by its id; takes no lock and no transaction id. */
export async function isBehind(db: TenantHandle, name: string, first: string): Promise<boolean> {
  return (await db.query(behind, { name, first })).length === 1;
}

const lag = read(
  'relay.lag',
  sql`
  SELECT c.name, greatest(extract(epoch FROM clock_timestamp() - coalesce(
      (SELECT e.occurred_at FROM events e WHERE (e.xid, e.sequence) > (c.xid, c.sequence) ORDER BY e.xid, e.sequence LIMIT 1),
        clock_timestamp())), 0)::float8 AS seconds
    FROM event_consumers c`,
);

/** For how many seconds the oldest event has waited that a consumer was not given yet; 0 where it has all. */
export async function readConsumerLags(db: TenantHandle): Promise<{ name: string; seconds: number }[]> {
  return db.query<{ name: string; seconds: number }>(lag, {});
}
