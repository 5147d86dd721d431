import { read, readAlsoAtReplica, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { EventRow, Position } from './event.js';
import { asksWhose, type EventFilter, likePatterns } from './event-filter.js';
import { FIRST_ID, rangeOf } from './event-range.js';
import { OF_AGENT_OR_TEAM } from './whose.store.js';

// `xid` and `sequence` leave as text: order by the columns themselves (`events.xid`), or 10 comes before 9.
const COLUMNS = sql`id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at`;

// Only what every running transaction can no longer precede: a commit that comes late is read late, never skipped.
const SETTLED = sql`xid < pg_snapshot_xmin(log_snapshot())`;

const horizon = read('events.horizon', sql`SELECT pg_snapshot_xmin(log_snapshot())::text AS xid`);

/** The position before which every event is settled; a tail that starts here misses nothing that commits later. */
export async function readHorizon(db: TenantHandle): Promise<Position> {
  const [row] = await db.query<{ xid: string }>(horizon, {});
  return { xid: BigInt(row!.xid) - 1n, sequence: 2n ** 62n };
}

const after = read(
  'events.after',
  sql`
  SELECT ${COLUMNS} FROM events
   WHERE id >= :first::uuid AND (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
   ORDER BY events.xid, events.sequence LIMIT :most`,
);

/** Settled events after a position, in the order of the log. `first` is what no such event can precede by its id. */
export async function readAfter(
  db: TenantHandle,
  position: Position,
  most: number,
  first = FIRST_ID,
): Promise<EventRow[]> {
  return db.query<EventRow>(after, { xid: String(position.xid), sequence: String(position.sequence), most, first });
}

const ofCallAfter = read(
  'events.ofCallAfter',
  sql`
  SELECT ${COLUMNS} FROM events
   WHERE call_id = :callId AND (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
     AND (:about::text[] IS NULL OR about = ANY(:about)) AND (:types::text[] IS NULL OR type LIKE ANY(:types))
   ORDER BY events.xid, events.sequence LIMIT :most`,
);

const ofCustomerAfter = read(
  'events.ofCustomerAfter',
  sql`
  SELECT ${COLUMNS} FROM events
   WHERE customer_id = :customerId AND (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
     AND (:about::text[] IS NULL OR about = ANY(:about)) AND (:types::text[] IS NULL OR type LIKE ANY(:types))
   ORDER BY events.xid, events.sequence LIMIT :most`,
);

const wantedAfter = readAlsoAtReplica(
  'events.wantedAfter',
  sql`
  SELECT ${COLUMNS} FROM events
   WHERE (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED}
     AND (:about::text[] IS NULL OR about = ANY(:about)) AND (:types::text[] IS NULL OR type LIKE ANY(:types))
   ORDER BY events.xid, events.sequence LIMIT :most`,
);

const ofCallsAfter = read(
  'events.ofCallsAfter',
  sql`
  SELECT ${COLUMNS} FROM events
   WHERE (xid, sequence) > (:xid::xid8, :sequence) AND ${SETTLED} AND ${OF_AGENT_OR_TEAM}
     AND (:about::text[] IS NULL OR about = ANY(:about)) AND (:types::text[] IS NULL OR type LIKE ANY(:types))
   ORDER BY events.xid, events.sequence LIMIT :most`,
);

/** Settled events after a position that a reader wants, in the order of the log. */
export async function readWantedAfter(
  db: TenantHandle,
  filter: EventFilter,
  position: Position,
  most: number,
): Promise<EventRow[]> {
  const { callId, customerId, agentId = null, team = null, about = null, types } = filter;
  const values = {
    xid: String(position.xid),
    sequence: String(position.sequence),
    most,
    about,
    types: likePatterns(types),
  };
  if (callId !== undefined) return db.query<EventRow>(ofCallAfter, { ...values, callId });
  if (customerId !== undefined) return db.query<EventRow>(ofCustomerAfter, { ...values, customerId });
  if (asksWhose(filter)) return db.query<EventRow>(ofCallsAfter, { ...values, agentId, team });
  return db.query<EventRow>(wantedAfter, values);
}

const position = readAlsoAtReplica(
  'events.position',
  sql`
  SELECT xid::text, sequence::text FROM events
   WHERE id = :id AND (:callId::uuid IS NULL OR call_id = :callId) AND (:customerId::text IS NULL OR customer_id = :customerId)`,
);

/** Where an event stands, or null where the call or customer of the filter has no such event. */
export async function findPosition(
  db: TenantHandle,
  { callId = null, customerId = null }: { callId?: string | null; customerId?: string | null },
  eventId: string,
): Promise<Position | null> {
  const [row] = await db.query<{ xid: string; sequence: string }>(position, { id: eventId, callId, customerId });
  return row ? { xid: BigInt(row.xid), sequence: BigInt(row.sequence) } : null;
}

const byIds = read(
  'events.byIds',
  sql`SELECT ${COLUMNS} FROM events WHERE id = ANY(:ids::uuid[]) AND id BETWEEN :lowest AND :highest`,
);

/** Events by their ids, in no order. */
export async function readEvents(db: TenantHandle, ids: readonly string[]): Promise<EventRow[]> {
  return db.query<EventRow>(byIds, { ids, ...rangeOf(ids) });
}
