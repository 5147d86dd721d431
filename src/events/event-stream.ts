import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SAFE_HEADERS } from '../http/http-edge.js';
import { isDatabaseUnavailable, type TenantHandle } from '../database/tenant-database.js';
import { type EventRow, positionOf } from './event.js';
import type { EventFilter } from './event-filter.js';
import type { EventTail } from './event-tail.js';
import { textOf } from './event-text.js';
import { readWantedAfter } from './events.store.js';
import {
  advance,
  contains,
  covers,
  formatCursor,
  isAhead,
  type LogCursor,
  takeSettledLate,
  union,
  withoutUnfinished,
} from './log-cursor.js';
import type { OpenStreams } from './open-streams.js';
import { findBeginning, findStart } from './stream-start.js';
import type { EventListener, Joined } from './tenant-tail.js';
import { readUnreadWanted } from './unread.store.js';

const HEARTBEAT_MS = 15_000;
/** A reader that lets this much pile up is cut, never buffered without bound; it resumes by Last-Event-ID. */
const MOST_BUFFERED_BYTES = 256 * 1024;
/** While a reader catches up, what it has not taken in this time was not wanted. */
const CATCH_UP_STALL_MS = 30_000;
/** So many that happen meanwhile are kept for it. */
const MOST_WAITING = 2_000;
/** A stream that is to end is given so long to reach a reader that may not read. */
const END_MS = 200;
const RETRY_MS = 250;
const BATCH = 200;
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;

export interface StreamOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly database: TenantHandle;
  readonly tail: EventTail;
  readonly filter: EventFilter;
  /** Where a reader begins that does not resume: with all that the log holds of it, with what happens from now on, or with what happened at a time (RFC 3339) or later. */
  readonly from: 'beginning' | 'now' | (string & {});
  /** When the caller's token expires; the stream does not outlive it. */
  readonly until: Date;
  /** The streams of the same service. */
  readonly open: OpenStreams;
}

/**
 * Streams the events that a filter wants as server-sent events: what is committed, whatever else is still open; after
 * `Last-Event-ID`, where that is given, without gap. Resolves once the stream is open.
 * @throws Problem 400 for a Last-Event-ID that this stream never had, 503 where the service is stopping or the tenant has its share of streams.
 */
export async function streamEvents(options: StreamOptions): Promise<void> {
  const { request, reply, database, filter, from, open } = options;
  open.refuseWhereEnded(database.tenantId);
  open.refuseWhereFull(database.tenantId);
  const resumed = await findStart(database, filter, request.headers['last-event-id']);
  const start = resumed ?? (await findBeginning(database, from));
  open.refuseWhereEnded(database.tenantId);
  if (request.method === 'HEAD') return void reply.headers(STREAM_HEADERS).send();
  // A reader who went away meanwhile will not be told of again.
  if (reply.raw.destroyed) return void reply.hijack();
  // Others may have been opened meanwhile.
  open.refuseWhereFull(database.tenantId);
  const stream = new ServerSentEvents(options);
  // At once, so that a reader who loses the stream before its first event resumes, too.
  if (!resumed && from !== 'beginning') stream.begin(start);
  stream.follow(start).catch(() => stream.fail());
}

class ServerSentEvents implements EventListener {
  private readonly raw;
  private closed = false;
  /** What happens before the reader has caught up; null once it has. */
  private waiting: (() => void)[] | null = [];
  /** What the reader has of what may still be handed on here: it resumed ahead of this process. */
  private had: LogCursor | null = null;
  private stopListening: (() => void) | null = null;
  /** What happened before it was not asked for, though it stands among what was in the log. */
  private readonly since: Date | null;

  constructor(private readonly options: StreamOptions) {
    const { reply, request, until, open, from } = options;
    this.since = from === 'beginning' || from === 'now' ? null : new Date(from);
    reply.hijack();
    this.raw = reply.raw;
    this.raw.writeHead(200, { ...SAFE_HEADERS, ...STREAM_HEADERS, 'x-request-id': request.id });
    this.write('retry: 1000\n\n');
    const heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
    const expiry = setTimeout(() => this.end(), Math.max(0, Math.min(until.getTime() - Date.now(), 2 ** 31 - 1)));
    this.raw.on('close', () => {
      this.closed = true;
      clearInterval(heartbeat);
      clearTimeout(expiry);
      this.stopListening?.();
      open.delete(this, options.database.tenantId);
    });
    open.add(this, options.database.tenantId);
  }

  /** Says where the stream begins. */
  begin(cursor: LogCursor): void {
    this.write(`id: ${formatCursor(cursor) ?? formatCursor(withoutUnfinished(cursor))}\n\n`);
  }

  /** Sends what the log holds outside the cursor, at the reader's pace, and then what happens. */
  async follow(start: LogCursor): Promise<void> {
    const { database, tail, filter } = this.options;
    const caughtUp = await this.catchUp(start);
    const joined = await this.untilAnswered(() => tail.listen(database.tenantId, filter, this));
    if (this.closed) return joined.stop();
    this.stopListening = joined.stop;
    if (!covers(joined.cursor, caughtUp)) this.had = union(joined.cursor, caughtUp);
    await this.catchUpWith(joined, caughtUp);
    if (joined.cursor.unfinished.length > 0) this.writePlace(joined.cursor);
    for (const act of this.waiting ?? []) act();
    this.waiting = null;
  }

  event(row: EventRow): void {
    this.inTurn(() => {
      if (!this.had || !contains(this.had, row)) this.send(row);
    });
  }

  place(cursor: LogCursor): void {
    this.inTurn(() => this.writePlace(cursor));
  }

  lost(): void {
    this.fail();
  }

  /** The log could not be read: the reader reconnects and resumes. */
  fail(): void {
    this.raw.destroy();
  }

  /** Ends the stream; a reader that does not read is cut. */
  end(): void {
    this.raw.end();
    setTimeout(() => this.raw.destroy(), END_MS).unref();
  }

  private inTurn(act: () => void): void {
    if (!this.waiting) act();
    else if (this.waiting.push(act) > MOST_WAITING) this.fail();
  }

  /** Sends what has settled, which may be much; returns what the reader has then. */
  private async catchUp(start: LogCursor): Promise<LogCursor> {
    const { database, filter } = this.options;
    const cursor = await this.catchUpLate(start);
    // Without those, nothing that comes after the position has settled.
    if (cursor.unfinished.length > 0) return cursor;
    let { position } = cursor;
    while (!this.closed) {
      const after = position;
      const batch = await this.untilAnswered(() => readWantedAfter(database, filter, after, BATCH));
      for (const event of batch) this.send(event);
      if (batch.length > 0) position = positionOf(batch.at(-1)!);
      if (batch.length < BATCH) break;
      await this.drained();
    }
    return { position, unfinished: [] };
  }

  /** Sends what is late first: whoever is cut right after a later event resumes by that one, and would miss it. */
  private async catchUpLate(start: LogCursor): Promise<LogCursor> {
    const { database, filter } = this.options;
    let cursor = start;
    while (cursor.unfinished.length > 0 && !this.closed) {
      const from = cursor;
      const page = await this.untilAnswered(() => readUnreadWanted(database, filter, from, BATCH));
      const late = takeSettledLate(from, page);
      for (const event of late.taken) this.send(event);
      cursor = late.cursor;
      if (late.taken.length > 0) this.writePlace(cursor);
      if (late.all) break;
      await this.drained();
    }
    return cursor;
  }

  /** Sends what others here have been told, and the reader has not. */
  private async catchUpWith(joined: Joined, start: LogCursor): Promise<void> {
    const { database, filter } = this.options;
    for (let cursor = start; !this.closed;) {
      const from = cursor;
      const page = await this.untilAnswered(() => readUnreadWanted(database, filter, from, BATCH));
      const told = page.rows.filter((row) => contains(joined.cursor, row));
      if (told.some((row) => isAhead(joined.cursor, row))) await joined.keepMark();
      for (const event of told) this.send(event);
      if (page.complete) return;
      cursor = advance(cursor, page, page.rows);
      await this.drained();
    }
  }

  /** A stream outlasts a database that is away for a while. */
  private async untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.closed || !isDatabaseUnavailable(error)) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  private async drained(): Promise<void> {
    if (this.closed || !this.raw.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => this.raw.destroy(), CATCH_UP_STALL_MS);
      const go = (): void => {
        clearTimeout(stalled);
        this.raw.off('drain', go).off('close', go);
        resolve();
      };
      this.raw.on('drain', go).on('close', go);
    });
  }

  private send(event: EventRow): void {
    if (this.since !== null && event.occurred_at < this.since) return;
    this.write(textOf(event, this.options.database.tenantId));
  }

  /** Whoever keeps the `id` of every line resumes here exactly. */
  private writePlace(cursor: LogCursor): void {
    if (this.had && covers(cursor, this.had)) this.had = null;
    const text = formatCursor(this.had ? union(this.had, cursor) : cursor);
    if (text !== null) this.write(`id: ${text}\n\n`);
  }

  private write(text: string): void {
    if (this.closed) return;
    if (this.raw.writableLength > MOST_BUFFERED_BYTES) this.raw.destroy();
    else this.raw.write(text);
  }
}
