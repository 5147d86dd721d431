import { sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';

// Who had the notice just before may have deleted recipients that this statement sees still: so it ends with the last of those that
// are seen, and not with the last that are deleted.
const oldNotice = write(
  'notices.deleteOld',
  sql`
  WITH due AS (
    SELECT id FROM notices WHERE sent_at < now() - make_interval(days => :days) AND registered_at < now() - make_interval(days => :days)
     ORDER BY sent_at LIMIT 1 FOR UPDATE SKIP LOCKED
  ), seen AS MATERIALIZED (
    SELECT ARRAY(SELECT r.ctid FROM notice_recipients r JOIN due ON r.notice_id = due.id LIMIT :most) AS places
  ), deleted AS (
    DELETE FROM notice_recipients WHERE ctid = ANY((SELECT places FROM seen)::tid[]) RETURNING 1
  ), ended AS (
    DELETE FROM notices n USING due, seen WHERE n.id = due.id AND cardinality(places) < :most RETURNING n.id, n.reference
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('notice.deleted', sql`id`, { reference: sql`reference`, olderThanDays: sql`:days::int` })} FROM ended
  )
  SELECT ((SELECT count(*) FROM deleted) + (SELECT count(*) FROM ended))::int AS deleted`,
);

/** Deletes recipients of the oldest notice that policy keeps no longer, and the notice with the last of them; returns how many rows. */
export async function deleteOldNotice(db: TenantHandle, days: number, most: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(oldNotice, { days, most });
  return row!.deleted;
}
