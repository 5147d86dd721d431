import type { Logger } from 'pino';
import type { TenantDatabase } from '../database/tenant-database.js';
import type { Loop } from '../upkeep/loop.js';
import { withinTimeLimit } from '../upkeep/time-limit.js';
import type { Upkeep } from '../upkeep/upkeep.js';
import type { EventRow } from './event.js';
import { asksWhose, type EventFilter, topicOf, topicsOf, wants } from './event-filter.js';
import { firstIdAfter } from './event-range.js';
import { advance, BEGINNING, isAhead, type LogCursor, type Snapshot, stepOf } from './log-cursor.js';
import { keepMark } from './stream-marks.store.js';
import { readEnd, readUnread, type UnreadPage } from './unread.store.js';
import { tellWhose } from './whose.store.js';

/** Somebody who is told of events. */
export interface EventListener {
  event(row: EventRow): void;
  /** What has been told of the log so far, where that is not simply all up to the last event. */
  place(cursor: LogCursor): void;
  /** The log is another than it was: nothing that was told counts any more. */
  lost(): void;
}

/** Where a listener comes in. */
export interface Joined {
  /** What has been told; everything else will be. */
  readonly cursor: LogCursor;
  /** Sees to it that whoever resumes after an event that is ahead of others misses none of them. */
  keepMark(): Promise<void>;
  stop(): void;
}

interface Listening {
  readonly filter: EventFilter;
  readonly listener: EventListener;
}

/** Transactions last some milliseconds, mostly: what is visible waits so long for those before it, and is told in the order of the log. */
const EARLY_AFTER_MS = 50;
const AGAIN_MS = 20;
/** A tenant of which nothing was heard is looked at no more often than this, while something happens at others. */
const QUIET_MS = 100;
/** However quiet the log is said to be. */
const ANYHOW_MS = 5_000;
const RETRY_MS = 250;
const BATCH = 500;
/** An alarm does not wait longer than this for a mark. */
const MARK_LIMIT_MS = 100;
/** No server gives out so many transaction ids between two looks. */
const ANOTHER_HISTORY = 2n ** 31n;

/** What was visible when something was told before it had settled, and whether that is kept. */
interface Sight {
  readonly seen: string;
  kept: Promise<void> | null;
}

/** Follows the log of one tenant for as long as somebody listens. */
export class TenantTail {
  private readonly listeners = new Map<string, Set<Listening>>();
  private starting: Promise<void> | null = null;
  private joining = 0;
  private cursor: LogCursor | null = null;
  private sight: Sight | null = null;
  private ceiling = 0n;
  /** What no event outside the cursor can precede by its id. */
  private first = firstIdAfter(Date.now());
  private readonly loop: Loop;
  private lookedAt = 0;
  private quiet = false;
  private closed = false;

  constructor(
    private readonly database: TenantDatabase,
    upkeep: Upkeep,
    private readonly logger: Logger,
    private readonly onEnd: () => void,
  ) {
    this.loop = upkeep.loop({
      name: 'event_tail',
      everyMs: ANYHOW_MS,
      retryMs: RETRY_MS,
      run: () => this.look(),
      failed: (error) =>
        this.logger.warn(
          { tenant: this.database.tenantId, cause: error.name },
          'the event log cannot be read; trying again',
        ),
    });
  }

  /** Resolves once nothing can be missed that is not within the cursor. */
  async listen(filter: EventFilter, listener: EventListener): Promise<Joined> {
    this.joining += 1;
    try {
      // One shared start: what a second one would see was perhaps not told to the first listener yet.
      await (this.starting ??= this.start());
      return this.join({ filter, listener });
    } finally {
      this.joining -= 1;
      this.closeIfEmpty();
    }
  }

  /** Looks at once: this process has committed something. */
  wake(): void {
    if (this.cursor) this.loop.now();
  }

  /** Looks soon: something may have become visible. */
  stir(): void {
    if (!this.cursor) return;
    this.loop.wake(this.quiet ? Math.max(0, this.lookedAt + QUIET_MS - Date.now()) : 0);
  }

  close(): void {
    this.closed = true;
    void this.loop.stop();
  }

  private join(listening: Listening): Joined {
    if (this.closed) throw new Error('the log is followed no longer');
    const [topic, sight] = [topicOf(listening.filter), this.sight!];
    this.listeners.set(topic, (this.listeners.get(topic) ?? new Set()).add(listening));
    return { cursor: this.cursor!, keepMark: () => this.keep(sight), stop: () => this.forget(topic, listening) };
  }

  private async start(): Promise<void> {
    const end = await readEnd(this.database).catch((error: Error) => {
      this.starting = null;
      throw error;
    });
    this.sight = { seen: end.seen, kept: null };
    this.ceiling = end.snapshot.xmax;
    this.cursor = advance(BEGINNING, end, end.rows);
    this.loop.wake(ANYHOW_MS);
  }

  private forget(topic: string, listening: Listening): void {
    const listeners = this.listeners.get(topic);
    listeners?.delete(listening);
    if (listeners?.size === 0) this.listeners.delete(topic);
    this.closeIfEmpty();
  }

  private closeIfEmpty(): void {
    if (this.listeners.size > 0 || this.joining > 0 || this.closed) return;
    this.close();
    this.onEnd();
  }

  /** Tells what there is, and says how long to wait. */
  private async look(): Promise<number> {
    this.lookedAt = Date.now();
    const page = await readUnread(this.database, this.cursor!, BATCH, this.first);
    if (this.isAnotherHistory(page.snapshot)) return this.lose();
    if (page.complete) this.first = firstIdAfter(this.lookedAt);
    this.quiet = page.rows.length === 0;
    if (this.somebodyAsksWhose()) await tellWhose(this.database, page.rows);
    return this.tell(page);
  }

  private async tell(page: UnreadPage): Promise<number> {
    const before = this.cursor!;
    const step = stepOf(before, page, (row) => page.readAt.getTime() - row.occurred_at.getTime() >= EARLY_AFTER_MS);
    const sight = step.early ? { seen: page.seen, kept: null } : this.sight!;
    if (step.early && step.told.some((row) => isAhead(step.cursor, row) && this.isWanted(row))) await this.keep(sight);
    this.cursor = step.cursor;
    this.sight = sight;
    this.ceiling = page.snapshot.xmax;
    const outOfOrder = step.cursor.unfinished.length > 0 || before.unfinished.length > 0;
    const told = new Set<EventListener>();
    for (const row of step.told) {
      this.hand(row, (listener) => {
        listener.event(row);
        if (outOfOrder) told.add(listener);
      });
    }
    for (const listener of told) listener.place(step.cursor);
    if (!page.complete && !step.waits) return 0;
    return step.waits ? AGAIN_MS : ANYHOW_MS;
  }

  /** An alarm is told in time, although a mark could not be kept: then whoever resumes right after it may miss what commits late. */
  private async keep(sight: Sight): Promise<void> {
    sight.kept ??= keepMark(this.database, sight.seen).catch((error: Error) => {
      sight.kept = null;
      this.logger.warn(
        { tenant: this.database.tenantId, cause: error.name },
        'what was told before it had settled could not be marked',
      );
    });
    await withinTimeLimit(sight.kept, MARK_LIMIT_MS).catch(() => undefined);
  }

  private hand(row: EventRow, to: (listener: EventListener) => void): void {
    for (const topic of topicsOf(row)) {
      for (const { filter, listener } of this.listeners.get(topic) ?? []) if (wants(filter, row)) to(listener);
    }
  }

  private somebodyAsksWhose(): boolean {
    for (const { filter } of this.listeners.get('all') ?? []) if (asksWhose(filter)) return true;
    return false;
  }

  private isWanted(row: EventRow): boolean {
    let wanted = false;
    this.hand(row, () => {
      wanted = true;
    });
    return wanted;
  }

  private isAnotherHistory({ xmax }: Snapshot): boolean {
    return xmax <= this.cursor!.position.xid || xmax > this.ceiling + ANOTHER_HISTORY;
  }

  /** The database is another one, or forgot what it had said was committed: a standby was promoted, or a backup restored. */
  private lose(): number {
    this.logger.error(
      { tenant: this.database.tenantId },
      'the event log is not the one that was followed; streams end, and clients read it anew',
    );
    this.close();
    this.onEnd();
    for (const listeners of this.listeners.values()) for (const { listener } of listeners) listener.lost();
    return ANYHOW_MS;
  }
}
