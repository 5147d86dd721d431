import { statement, type TenantHandle } from '../platform/tenant-database.js';
import type { EventRow, Position } from './event.js';

const COLUMNS = 'id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at';

// Only what every running transaction can no longer precede: a commit that comes late is read late, never skipped.
const SETTLED = 'xid < pg_snapshot_xmin(pg_current_snapshot())';

const horizon = statement('events.horizon', `SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xid`);

/** The position before which every event is settled; a tail that starts here misses nothing that commits later. */
export async function readHorizon(db: TenantHandle): Promise<Position> {
  const [row] = await db.query<{ xid: string }>(horizon, {});
  return { xid: BigInt(row!.xid) - 1n, sequence: 2n ** 62n };
}

const after = statement('events.after', `
  SELECT ${COLUMNS} FROM events
   WHERE (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
   ORDER BY xid, sequence LIMIT :most`);

/** Settled events after a position, in the order of the log. */
export async function readAfter(db: TenantHandle, position: Position, most: number): Promise<EventRow[]> {
  return db.query<EventRow>(after, { xid: String(position.xid), sequence: String(position.sequence), most });
}

const ofCallAfter = statement('events.ofCallAfter', `
  SELECT ${COLUMNS} FROM events
   WHERE call_id = :callId AND (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
   ORDER BY xid, sequence LIMIT :most`);

/** Settled events of one call after a position. */
export async function readOfCallAfter(db: TenantHandle, callId: string, position: Position, most: number): Promise<EventRow[]> {
  return db.query<EventRow>(ofCallAfter, { callId, xid: String(position.xid), sequence: String(position.sequence), most });
}

const position = statement('events.position', `SELECT xid::text, sequence::text FROM events WHERE id = :id AND call_id = :callId`);

/** Where an event of a call stands, or null where the call has no such event. */
export async function findPosition(db: TenantHandle, callId: string, eventId: string): Promise<Position | null> {
  const [row] = await db.query<{ xid: string; sequence: string }>(position, { id: eventId, callId });
  return row ? { xid: BigInt(row.xid), sequence: BigInt(row.sequence) } : null;
}
