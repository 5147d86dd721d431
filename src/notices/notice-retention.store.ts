import { sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';

const oldNotice = write(
  'notices.deleteOld',
  sql`
  WITH due AS (
    SELECT id FROM notices WHERE sent_at < now() - make_interval(days => :days) AND registered_at < now() - make_interval(days => :days)
     ORDER BY sent_at LIMIT 1 FOR UPDATE SKIP LOCKED
  ), recipients AS (
    DELETE FROM notice_recipients WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM notice_recipients r JOIN due ON r.notice_id = due.id
      LIMIT :most)) RETURNING 1
  ), counted AS (
    SELECT count(*)::int AS deleted FROM recipients
  ), ended AS (
    DELETE FROM notices n USING due, counted WHERE n.id = due.id AND deleted < :most RETURNING n.id, n.reference
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('notice.deleted', sql`id`, { reference: sql`reference`, olderThanDays: sql`:days::int` })} FROM ended
  )
  SELECT deleted + (SELECT count(*) FROM ended)::int AS deleted FROM counted`,
);

/** Deletes recipients of the oldest notice that policy keeps no longer, and the notice with the last of them; returns how many rows. */
export async function deleteOldNotice(db: TenantHandle, days: number, most: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(oldNotice, { days, most });
  return row!.deleted;
}
