import { type Fragment, read, sql, type Statement } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { EventRow } from './event.js';
import { asksWhose, type EventFilter, likePatterns } from './event-filter.js';
import { FIRST_ID } from './event-range.js';
import { OF_AGENT_OR_TEAM } from './whose.store.js';
import { type LogCursor, type LogPage, readSnapshot } from './log-cursor.js';

const COLUMNS = sql`id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at`;
const NARROWED = sql`(:about::text[] IS NULL OR about = ANY(:about)) AND (:types::text[] IS NULL OR type LIKE ANY(:types))`;

/**
 * What is committed and outside a cursor: first what was late, found by its transaction, and then what comes after the
 * position. Each is read by an index, so that to look again and again costs no more while others hold the log back. What has
 * an id that this server never gave out is of another one's history.
 */
function unreadWhere<Name extends string>(name: Name, wanted: Fragment): Statement<Name> {
  return read(
    name,
    sql`
    SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
      (SELECT w.* FROM unnest(:unfinished::xid8[], :afters::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
          SELECT ${COLUMNS} FROM events WHERE ${wanted} AND events.xid = u.late AND events.sequence > u.after
            ORDER BY events.xid, events.sequence LIMIT :most) w
        WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT :most)
      UNION ALL
      (SELECT ${COLUMNS} FROM events WHERE ${wanted} AND (events.xid, events.sequence) > (:xid::xid8, :sequence)
        AND events.xid < pg_snapshot_xmax(log_snapshot())
        ORDER BY events.xid, events.sequence LIMIT :most)
    ) e ON true`,
  );
}

const unread = unreadWhere('unread.all', sql`id >= :first::uuid`);
const ofCall = unreadWhere('unread.ofCall', sql`call_id = :callId AND ${NARROWED}`);
const ofCustomer = unreadWhere('unread.ofCustomer', sql`customer_id = :customerId AND ${NARROWED}`);
const ofCalls = unreadWhere('unread.ofCalls', sql`${OF_AGENT_OR_TEAM} AND ${NARROWED}`);
const wanted = unreadWhere('unread.wanted', NARROWED);

/** A page of the log with the database's time at which it was read. */
export type UnreadPage = LogPage & { readonly readAt: Date; readonly seen: string };

type UnreadRow = { snapshot: string; read_at: Date } & (EventRow | { id: null });

async function readPage(
  db: TenantHandle,
  what: typeof unread | typeof ofCall | typeof ofCustomer | typeof ofCalls | typeof wanted,
  { position, unfinished }: LogCursor,
  most: number,
  more: object,
): Promise<UnreadPage> {
  const rows = await db.query<UnreadRow>(what, {
    xid: String(position.xid),
    sequence: String(position.sequence),
    most,
    ...more,
    unfinished: unfinished.map(({ xid }) => String(xid)),
    afters: unfinished.map(({ after }) => String(after)),
  });
  const { snapshot, read_at: readAt } = rows[0]!;
  // The late ones come first, and are before all others.
  const events = rows.filter((row): row is UnreadRow & EventRow => row.id !== null);
  return {
    snapshot: readSnapshot(snapshot),
    seen: snapshot,
    readAt,
    rows: events.slice(0, most),
    complete: events.length < most,
  };
}

/** Committed events that are not within a cursor, in the order of the log. `first` is what no such event can precede by its id. */
export async function readUnread(
  db: TenantHandle,
  cursor: LogCursor,
  most: number,
  first = FIRST_ID,
): Promise<UnreadPage> {
  return readPage(db, unread, cursor, most, { first });
}

/** The same, of what a reader wants. */
export async function readUnreadWanted(
  db: TenantHandle,
  filter: EventFilter,
  cursor: LogCursor,
  most: number,
): Promise<UnreadPage> {
  const { callId, customerId, agentId = null, team = null, about = null, types } = filter;
  const narrowed = { about, types: likePatterns(types) };
  if (callId !== undefined) return readPage(db, ofCall, cursor, most, { ...narrowed, callId });
  if (customerId !== undefined) return readPage(db, ofCustomer, cursor, most, { ...narrowed, customerId });
  if (asksWhose(filter)) return readPage(db, ofCalls, cursor, most, { ...narrowed, agentId, team });
  return readPage(db, wanted, cursor, most, narrowed);
}

const end = read(
  'unread.end',
  sql`
  SELECT log_snapshot()::text AS snapshot, e.xid::text, e.sequence::text
    FROM (SELECT) one LEFT JOIN LATERAL (SELECT xid, sequence FROM events WHERE xid < pg_snapshot_xmax(log_snapshot())
      ORDER BY xid DESC, sequence DESC LIMIT 1) e ON true`,
);

/** The last event that is committed, as a page of it alone; none where the log is empty. */
export async function readEnd(
  db: TenantHandle,
): Promise<LogPage<Pick<EventRow, 'xid' | 'sequence'>> & { readonly seen: string }> {
  const [row] = await db.query<{ snapshot: string; xid: string | null; sequence: string | null }>(end, {});
  const { snapshot, xid, sequence } = row!;
  return {
    snapshot: readSnapshot(snapshot),
    seen: snapshot,
    rows: xid === null || sequence === null ? [] : [{ xid, sequence }],
    complete: true,
  };
}
