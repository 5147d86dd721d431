import { read, readAlsoAtReplica, sql, type Statement } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { EventRow, Position } from './event.js';
import { likePatterns } from './event-filter.js';

const COLUMNS = sql`id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at`;

/** Of what events are, as a query says it; what is null does not narrow. */
export interface EventsByTimeQuery {
  readonly customerId: string | null;
  readonly subject: EventSubject | null;
  readonly types: readonly string[] | undefined;
  /** RFC 3339; at this time or later. */
  readonly from: string | null;
  /** RFC 3339; before this time. */
  readonly to: string | null;
  /** The id of the event after which to go on, in the order asked for. */
  readonly after: string | null;
  readonly order: 'asc' | 'desc';
  readonly most: number;
}

/** What an event is about: something with an id, a customer, or one of the few things that there is one of. */
export type EventSubject =
  | { readonly is: 'call' | 'thing'; readonly about: string; readonly id: string }
  | { readonly is: 'customer'; readonly customerId: string }
  | { readonly is: 'kind'; readonly about: string };

const FIRST = sql`'00000000-0000-0000-0000-000000000000'::uuid`;
const LAST = sql`'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`;

// Ids count from 1970: the one of an earlier time would come after all that there are. No time (null) is before all of them.
const FIRST_OF = sql`uuid7_floor(greatest(:from::timestamptz - interval '1 minute', to_timestamp(0)))`;

// An event's id is made when it occurs: a span of time is one of ids, and other months are not looked into. What has not
// settled yet is not shown, as in the order of the log.
const IN_MONTHS = sql`
       id >= ${FIRST_OF}
   AND id <= coalesce(uuid7_floor(:to::timestamptz + interval '1 minute'), ${LAST})`;
const NARROWED = sql`
       (:from::timestamptz IS NULL OR occurred_at >= :from) AND (:to::timestamptz IS NULL OR occurred_at < :to)
   AND xid < pg_snapshot_xmin(log_snapshot())
   AND (:customerId::text IS NULL OR customer_id = :customerId)
   AND (:types::text[] IS NULL OR type LIKE ANY(:types)) AND (:about::text IS NULL OR about = :about)`;

const ORDERS = {
  asc: { after: sql`id > coalesce(:after::uuid, ${FIRST})`, by: sql`id` },
  desc: { after: sql`id < coalesce(:after::uuid, ${LAST})`, by: sql`id DESC` },
} as const;

const WAYS = {
  all: sql`true`,
  ofCustomer: sql`customer_id = :customerId`,
  ofCall: sql`call_id = :aboutId`,
  about: sql`about_id = :aboutId AND about <> 'call'`,
} as const;
type Way = keyof typeof WAYS;

type Order = 'asc' | 'desc';

// What one customer or thing has is read whole, by its own index, and then put in
// order: a range of ids beside it would have the whole span walked through.
function listOf<const W extends Way, const O extends Order>(way: W, order: O): Statement<`events.byTime.${W}.${O}`> {
  const { after, by } = ORDERS[order];
  return readAlsoAtReplica(
    `events.byTime.${way}.${order}`,
    way === 'all'
      ? sql`
  SELECT ${COLUMNS} FROM events WHERE ${after} AND ${IN_MONTHS} AND ${NARROWED}
   ORDER BY ${by} LIMIT :most`
      : sql`
  WITH found AS MATERIALIZED (
    SELECT ${COLUMNS} FROM events WHERE ${WAYS[way]} AND (${after}) IS TRUE AND ${NARROWED}
  )
  SELECT * FROM found ORDER BY ${by} LIMIT :most`,
  );
}

const LISTS = {
  asc: {
    all: listOf('all', 'asc'),
    ofCustomer: listOf('ofCustomer', 'asc'),
    ofCall: listOf('ofCall', 'asc'),
    about: listOf('about', 'asc'),
  },
  desc: {
    all: listOf('all', 'desc'),
    ofCustomer: listOf('ofCustomer', 'desc'),
    ofCall: listOf('ofCall', 'desc'),
    about: listOf('about', 'desc'),
  },
};

/** Settled events by the time at which they were written. */
export async function listEventsByTime(db: TenantHandle, query: EventsByTimeQuery): Promise<EventRow[]> {
  const { subject, types, ...rest } = query;
  const customerId = subject?.is === 'customer' ? subject.customerId : query.customerId;
  const values = {
    ...rest,
    customerId,
    types: likePatterns(types),
    about: subject === null ? null : subject.is === 'customer' ? 'customer' : subject.about,
    aboutId: subject !== null && 'id' in subject ? subject.id : null,
  };
  return db.query<EventRow>(LISTS[query.order][wayOf(subject, customerId)], values);
}

function wayOf(subject: EventSubject | null, customerId: string | null): Way {
  if (subject?.is === 'call') return 'ofCall';
  if (subject?.is === 'thing') return 'about';
  return customerId === null ? 'all' : 'ofCustomer';
}

/** More than are written while a transaction lasts. */
const LOOKED_AT = sql`10000`;

const before = read(
  'events.before',
  sql`
  SELECT e.xid::text, (e.sequence - 1)::text AS sequence FROM (
    SELECT xid, sequence FROM events WHERE id >= ${FIRST_OF} ORDER BY id LIMIT ${LOOKED_AT}) e
   ORDER BY e.xid, e.sequence LIMIT 1`,
);

/** A position in the log that is before all events of a time and later; null where there is none yet. */
export async function findPositionBefore(db: TenantHandle, from: string): Promise<Position | null> {
  const [row] = await db.query<{ xid: string; sequence: string }>(before, { from });
  return row ? { xid: BigInt(row.xid), sequence: BigInt(row.sequence) } : null;
}
