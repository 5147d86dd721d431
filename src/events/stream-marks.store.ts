import { literal, read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Position } from './event.js';
import { type Snapshot, readSnapshot } from './log-cursor.js';

const KEPT = '30 days';
/** More than are made in the meantime. */
const FORGOTTEN_AT_ONCE = 10;

const keep = write(
  'streamMarks.keep',
  sql`
  WITH old AS (
    DELETE FROM stream_marks WHERE (ceiling, horizon, running) IN (SELECT ceiling, horizon, running FROM stream_marks
      WHERE made_at < now() - :kept::interval ORDER BY made_at LIMIT ${literal(FORGOTTEN_AT_ONCE)})
  )
  INSERT INTO stream_marks (ceiling, horizon, running, snapshot)
  SELECT pg_snapshot_xmax(s.snapshot), pg_snapshot_xmin(s.snapshot), (SELECT count(*) FROM pg_snapshot_xip(s.snapshot)), s.snapshot
    FROM (SELECT :snapshot::pg_snapshot AS snapshot) s
  ON CONFLICT DO NOTHING`,
);

/** Keeps what is visible, before what has not settled of it is told; also where another process has kept the same. */
export async function keepMark(db: TenantHandle, snapshot: string): Promise<void> {
  await db.query(keep, { snapshot, kept: KEPT });
}

// Of two snapshots the one with the lower end sees less; of two with the same, the one in which more are running.
const position = read(
  'streamMarks.position',
  sql`
  SELECT e.xid::text, e.sequence::text, pg_snapshot_xmin(log_snapshot())::text AS horizon, (
      SELECT m.snapshot::text FROM stream_marks m WHERE m.ceiling > e.xid AND m.horizon <= e.xid
        AND pg_visible_in_snapshot(e.xid, m.snapshot) ORDER BY m.ceiling, m.horizon, m.running DESC LIMIT 1) AS mark
    FROM events e WHERE e.id = :id AND (:callId::uuid IS NULL OR e.call_id = :callId)
      AND (:customerId::text IS NULL OR e.customer_id = :customerId)`,
);

/** Where an event stands, and the first mark that it was told under before it had settled. */
export interface MarkedPosition extends Position {
  readonly mark: Snapshot | null;
  readonly unsettled: boolean;
  /** Before this transaction, all is settled. */
  readonly horizon: bigint;
}

/** Null where the call or customer of the filter has no such event. */
export async function findMarkedPosition(
  db: TenantHandle,
  { callId = null, customerId = null }: { callId?: string | null; customerId?: string | null },
  id: string,
): Promise<MarkedPosition | null> {
  const [row] = await db.query<{ xid: string; sequence: string; horizon: string; mark: string | null }>(position, {
    id,
    callId,
    customerId,
  });
  if (!row) return null;
  const [xid, horizon] = [BigInt(row.xid), BigInt(row.horizon)];
  return {
    xid,
    sequence: BigInt(row.sequence),
    horizon,
    unsettled: xid >= horizon,
    mark: row.mark === null ? null : readSnapshot(row.mark),
  };
}
