import { type EventRow, isAfter, type Position, positionOf } from './event.js';

/** What one moment of the database sees (pg_snapshot): what ended before `xmin`, and before `xmax` all but what was running. */
export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  /** Transactions that had an id and had not ended, in ascending order. */
  readonly running: readonly bigint[];
}

/** @param text a pg_snapshot in its text form, `xmin:xmax:xip,…` */
export function readSnapshot(text: string): Snapshot {
  const [xmin, xmax, running] = text.split(':') as [string, string, string];
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), running: running === '' ? [] : running.split(',').map(BigInt) };
}

/** A transaction that had not ended; what it had written up to `after` has been read all the same. */
export interface Unfinished {
  readonly xid: bigint;
  readonly after: bigint;
}

/**
 * What a reader has of the log: everything up to a position, but for what transactions wrote that had not ended then. The
 * position is always that of an event, never of a moment: ids that a crash lets PostgreSQL give out again are not in it.
 */
export interface LogCursor {
  readonly position: Position;
  /** In ascending order, all below the position; no more than a server runs at once. */
  readonly unfinished: readonly Unfinished[];
}

export const BEGINNING: LogCursor = { position: { xid: 0n, sequence: 0n }, unfinished: [] };

type Place = Pick<EventRow, 'xid' | 'sequence'>;

/** Whether an event is among what the reader has. */
export function contains({ position, unfinished }: LogCursor, row: Place): boolean {
  const place = positionOf(row);
  return !isAfter(place, position) && !unfinished.some(({ xid, after }) => xid === place.xid && place.sequence > after);
}

/** What a statement saw of the log outside a cursor, in the order of the log. */
export interface LogPage<Row extends Place = EventRow> {
  readonly snapshot: Snapshot;
  readonly rows: readonly Row[];
  /** Whether these are all that it could see. */
  readonly complete: boolean;
}

/**
 * The cursor of a reader who takes the first rows of a page.
 * @param below what of transactions from this one on is left for another time
 */
export function advance(
  { position, unfinished }: LogCursor,
  { snapshot, complete }: LogPage<Place>,
  taken: readonly Place[],
  below = snapshot.xmax,
): LogCursor {
  const last = taken.length === 0 ? null : positionOf(taken.at(-1)!);
  const moved = last !== null && isAfter(last, position);
  // What is late comes before all else: past it, it has been taken whole.
  const allLate = complete || moved;
  const running = new Set(snapshot.running);
  const left = unfinished.flatMap((one) => {
    if (running.has(one.xid) || one.xid >= below) return [one];
    if (allLate || one.xid < last!.xid) return [];
    return [one.xid === last!.xid ? { xid: one.xid, after: last!.sequence } : one];
  });
  if (!moved) return { position, unfinished: left };
  const met = snapshot.running.filter((xid) => xid > position.xid && xid < last.xid).map((xid) => ({ xid, after: 0n }));
  return { position: last, unfinished: [...left, ...met] };
}

/**
 * What of a page is late and has settled: a reader takes it before anything that comes after the position.
 * @returns it, what the reader has then, and whether that is all of it
 */
export function takeSettledLate<Row extends Place>(
  cursor: LogCursor,
  page: LogPage<Row>,
): { readonly taken: readonly Row[]; readonly cursor: LogCursor; readonly all: boolean } {
  const { snapshot, rows } = page;
  const taken = rows.filter((row) => !isAfter(positionOf(row), cursor.position) && !isUnsettled(snapshot, row));
  const all = page.complete || taken.length < rows.length;
  return { taken, cursor: advance(cursor, { snapshot, rows, complete: all }, taken, snapshot.xmin), all };
}

/** What two readers have together. */
export function union(one: LogCursor, other: LogCursor): LogCursor {
  const [far, near] = isAfter(one.position, other.position) ? [one, other] : [other, one];
  const unfinished = far.unfinished.flatMap(({ xid, after }): Unfinished[] => {
    if (xid > near.position.xid) return [{ xid, after }];
    if (xid === near.position.xid)
      return [{ xid, after: after > near.position.sequence ? after : near.position.sequence }];
    const also = near.unfinished.find((candidate) => candidate.xid === xid);
    return also ? [{ xid, after: after > also.after ? after : also.after }] : [];
  });
  return { position: far.position, unfinished };
}

/** Whether a reader has all that another has. */
export function covers(one: LogCursor, other: LogCursor): boolean {
  const both = union(one, other);
  const same =
    both.position.xid === one.position.xid &&
    both.position.sequence === one.position.sequence &&
    both.unfinished.length === one.unfinished.length;
  return same && both.unfinished.every(({ after }, at) => after === one.unfinished[at]!.after);
}

/**
 * The cursor of a reader whose last event is known, and nothing else of what it has.
 * @param mark what was visible when the event was first told before it had settled; null where it never was
 */
export function cursorAfter({ xid, sequence }: Position, mark: Snapshot | null): LogCursor {
  const position = { xid, sequence };
  return {
    position,
    unfinished: (mark?.running ?? []).filter((xid) => xid < position.xid).map((xid) => ({ xid, after: 0n })),
  };
}

/** What a tail does with a page. */
export interface TailStep<Row extends Place> {
  readonly told: readonly Row[];
  readonly cursor: LogCursor;
  /** Whether something is told that earlier events may still come to stand before. */
  readonly early: boolean;
  /** Whether something is left that will settle, or be old enough, in a moment. */
  readonly waits: boolean;
}

/**
 * What settled is told at once. What did not is told too once any of it is old enough: then everything that is visible is,
 * so that whoever tells an event early has told all that was visible with it and stands before it.
 */
export function stepOf<Row extends Place>(
  cursor: LogCursor,
  page: LogPage<Row>,
  isOldEnough: (row: Row) => boolean,
): TailStep<Row> {
  const { rows, snapshot } = page;
  const settled = rows.findIndex((row) => isUnsettled(snapshot, row));
  if (settled === -1) return { told: rows, cursor: advance(cursor, page, rows), early: false, waits: false };
  if (rows.slice(settled).some(isOldEnough))
    return { told: rows, cursor: advance(cursor, page, rows), early: true, waits: false };
  const told = rows.slice(0, settled);
  return { told, cursor: advance(cursor, { ...page, complete: true }, told, snapshot.xmin), early: false, waits: true };
}

/** Whether an event is among what a reader has while something that stands before it may not be. */
export function isAhead({ unfinished }: LogCursor, row: Place): boolean {
  return unfinished.length > 0 && BigInt(row.xid) > unfinished[0]!.xid;
}

/** Whether an event that a snapshot sees may still have others come to stand before it. */
export function isUnsettled(snapshot: Snapshot, row: Place): boolean {
  return BigInt(row.xid) >= snapshot.xmin;
}

/** After every event of a transaction. */
export const LAST_SEQUENCE = 2n ** 62n;
/** Longer ones would not fit into a header beside all else that is in it. */
const MOST_UNFINISHED = 100;
const CURSOR = /^(\d{1,20})\.(\d{1,19})((?:~\d{1,20}(?:\.\d{1,19})?){0,100})$/;

/** A cursor as a reader of a stream keeps it; null where it is too long for that. */
export function formatCursor({ position, unfinished }: LogCursor): string | null {
  if (unfinished.length > MOST_UNFINISHED) return null;
  return `${position.xid}.${position.sequence}${unfinished.map(({ xid, after }) => `~${xid}${after === 0n ? '' : `.${after}`}`).join('')}`;
}

/** What of a cursor comes before all that is unfinished; a reader who resumes there has some of what follows already. */
export function withoutUnfinished({ position, unfinished: [first] }: LogCursor): LogCursor {
  return { position: first ? { xid: first.xid - 1n, sequence: LAST_SEQUENCE } : position, unfinished: [] };
}

/** Null for what `formatCursor` never gave. */
export function parseCursor(text: string): LogCursor | null {
  const [, xid, sequence, rest] = CURSOR.exec(text) ?? [];
  if (xid === undefined || sequence === undefined) return null;
  const unfinished = (rest ?? '')
    .split('~')
    .slice(1)
    .map((one) => {
      const [id, after = '0'] = one.split('.') as [string, string?];
      return { xid: BigInt(id), after: BigInt(after) };
    });
  const position = { xid: BigInt(xid), sequence: BigInt(sequence) };
  const ascending = unfinished.every(
    ({ xid: id }, at) => id < position.xid && (at === 0 || unfinished[at - 1]!.xid < id),
  );
  const fits =
    position.xid < 2n ** 64n && position.sequence < 2n ** 63n && unfinished.every(({ after }) => after < 2n ** 63n);
  return ascending && fits ? { position, unfinished } : null;
}
