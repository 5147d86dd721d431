import { fromTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { EventFilter } from './event-filter.js';
import { findPositionBefore } from './events-by-time.store.js';
import { advance, BEGINNING, cursorAfter, LAST_SEQUENCE, type LogCursor, parseCursor } from './log-cursor.js';
import { readPulse } from './log-pulse.store.js';
import { findMarkedPosition } from './stream-marks.store.js';
import { readEnd } from './unread.store.js';

/**
 * What a reader has who says which `id` it read last: an event's, or a place in between, which streams send by itself. Null
 * for who reads from the start: also where the place is one that this database has not come to, since it is another one now.
 * @throws Refusal 400 for what this stream never had.
 */
export async function findStart(
  db: TenantHandle,
  filter: EventFilter,
  last: string | readonly string[] | undefined,
): Promise<LogCursor | null> {
  if (last === undefined || last === '') return null;
  const cursor = parseCursor(String(last));
  if (cursor) return cursor.position.xid < (await readPulse(db)).ceiling ? cursor : null;
  const eventId = typeof last === 'string' ? fromTypeId('evt', last) : null;
  const event = eventId === null ? null : await findMarkedPosition(db, filter, eventId);
  if (!event)
    throw new Refusal('malformed-request', { detail: 'Last-Event-ID is not the id of an event of this stream.' });
  // It was told before it had settled, and that could not be marked: all that has not settled is told again.
  if (event.unsettled && !event.mark)
    return { position: { xid: event.horizon - 1n, sequence: LAST_SEQUENCE }, unfinished: [] };
  return cursorAfter(event, event.mark);
}

/** What a reader has who begins so: nothing, all that is committed, or all that is surely before a time. */
export async function findBeginning(db: TenantHandle, from: 'beginning' | 'now' | (string & {})): Promise<LogCursor> {
  if (from === 'beginning') return BEGINNING;
  const position = from === 'now' ? null : await findPositionBefore(db, from);
  return position ? { position, unfinished: [] } : findEnd(db);
}

/** What a reader has who begins now: all that is committed. */
async function findEnd(db: TenantHandle): Promise<LogCursor> {
  const end = await readEnd(db);
  return advance(BEGINNING, end, end.rows);
}
