import { sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';

const oldReports = write(
  'reports.deleteOld',
  sql`
  WITH due AS (
    SELECT id FROM reports WHERE reported_at < now() - make_interval(days => :days)
       AND id < (lpad(to_hex((extract(epoch FROM now() - make_interval(days => :days)) * 1000)::bigint), 12, '0')
         || '70008000000000000000')::uuid
     ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM reports r USING due WHERE r.id = due.id RETURNING 1
  ), counted AS (
    SELECT count(*)::int AS deleted FROM gone
  ), logged AS (
    INSERT INTO events (type, about, data)
    SELECT ${eventRow('data.deleted', null, { of: sql`'reports'`, deleted: sql`deleted`, olderThanDays: sql`:days::int` })}
      FROM counted WHERE deleted > 0
  )
  SELECT deleted FROM counted`,
);

/** Deletes reports that are older than policy keeps them, the oldest first, with an event; returns how many. */
export async function deleteOldReports(db: TenantHandle, days: number, most: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(oldReports, { days, most });
  return row!.deleted;
}

// A campaign goes after its reports: they name it; and with the last of its customers that are seen, as others may have just deleted some.
const oldCampaign = write(
  'campaigns.deleteOld',
  sql`
  WITH due AS (
    SELECT id FROM campaigns g WHERE closed_at < now() - make_interval(days => :days)
      AND NOT EXISTS (SELECT FROM reports r WHERE r.campaign_id = g.id)
     ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
  ), seen AS MATERIALIZED (
    SELECT ARRAY(SELECT c.ctid FROM campaign_customers c JOIN due ON c.campaign_id = due.id LIMIT :most) AS places
  ), deleted AS (
    DELETE FROM campaign_customers WHERE ctid = ANY((SELECT places FROM seen)::tid[]) RETURNING 1
  ), ended AS (
    DELETE FROM campaigns g USING due, seen WHERE g.id = due.id AND cardinality(places) < :most RETURNING g.id
  ), indicators AS (
    DELETE FROM campaign_indicators i USING ended WHERE i.campaign_id = ended.id
  ), minutes AS (
    DELETE FROM campaign_minutes m USING ended WHERE m.campaign_id = ended.id
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('campaign.deleted', sql`id`, { olderThanDays: sql`:days::int` })} FROM ended
  )
  SELECT ((SELECT count(*) FROM deleted) + (SELECT count(*) FROM ended))::int AS deleted`,
);

/** Deletes customers of the oldest campaign that policy keeps no longer, and the campaign with the last of them; returns how many rows. */
export async function deleteOldCampaign(db: TenantHandle, days: number, most: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(oldCampaign, { days, most });
  return row!.deleted;
}
