import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../platform/databases.js';
import { PROVIDED } from '../platform/provided.js';
import { type EventRow, type Position, positionOf } from './event.js';
import { type EventFilter, topicOf, topicsOf, wants } from './event-filter.js';
import { firstIdAfter } from './event-range.js';
import { readAfter, readHorizon } from './events.store.js';

export type EventListener = (event: EventRow) => void;

interface Listening {
  readonly filter: EventFilter;
  readonly listener: EventListener;
}

const POLL_MS = 50;
const RETRY_MS = 500;
const BATCH = 500;

interface Tail {
  readonly listeners: Map<string, Set<Listening>>;
  position: Position | null;
  /** What no event after the position can precede by its id. */
  first: string;
  starting: Promise<Position> | null;
  timer: NodeJS.Timeout | null;
  running: Promise<void> | null;
  again: boolean;
}

/**
 * Follows the event log of each tenant that somebody listens to, and hands each event to the listeners that want it.
 * It polls, because NOTIFY in the hot transaction costs about half of its throughput (docs/decisions); a change made
 * in this process wakes it at once, and one made elsewhere is seen within a poll.
 */
@Injectable()
export class EventTail implements OnApplicationShutdown {
  private readonly tails = new Map<string, Tail>();
  private readonly wakeHooks = new Set<(tenantId: string) => void>();
  private closed = false;

  constructor(private readonly databases: Databases, @Inject(PROVIDED.logger) private readonly logger: Logger) {}

  /** Calls `listener` with each wanted event that settles from now on, in order. Resolves once nothing can be missed. */
  async listen(tenantId: string, filter: EventFilter, listener: EventListener): Promise<() => void> {
    const tail = this.tails.get(tenantId) ?? { listeners: new Map(), position: null, first: firstIdAfter(Date.now()), starting: null, timer: null, running: null, again: false };
    this.tails.set(tenantId, tail);
    const listening: Listening = { filter, listener };
    const topic = topicOf(filter);
    const listeners = tail.listeners.get(topic) ?? new Set();
    tail.listeners.set(topic, listeners.add(listening));
    const stop = (): void => this.forget(tenantId, tail, topic, listening);
    try {
      // One shared start: a second horizon, read later, would step over what the first listener still waits for.
      tail.starting ??= readHorizon(this.databases.of(tenantId));
      const start = await tail.starting;
      tail.position ??= start;
    } catch (error) {
      tail.starting = null;
      stop();
      throw error;
    }
    this.schedule(tenantId, tail, POLL_MS);
    return stop;
  }

  /** Calls `hook` with the tenant whenever this process has committed events. */
  onWake(hook: (tenantId: string) => void): void {
    this.wakeHooks.add(hook);
  }

  /** Says that this process has just committed events of the tenant. */
  wake(tenantId: string): void {
    for (const hook of this.wakeHooks) hook(tenantId);
    const tail = this.tails.get(tenantId);
    if (tail?.position) this.poll(tenantId, tail);
  }

  onApplicationShutdown(): void {
    this.closed = true;
    for (const tail of this.tails.values()) if (tail.timer) clearTimeout(tail.timer);
  }

  private forget(tenantId: string, tail: Tail, topic: string, listening: Listening): void {
    const listeners = tail.listeners.get(topic);
    listeners?.delete(listening);
    if (listeners?.size === 0) tail.listeners.delete(topic);
    if (tail.listeners.size > 0 || this.tails.get(tenantId) !== tail) return;
    if (tail.timer) clearTimeout(tail.timer);
    this.tails.delete(tenantId);
  }

  private schedule(tenantId: string, tail: Tail, milliseconds: number): void {
    if (this.closed || tail.timer || this.tails.get(tenantId) !== tail) return;
    tail.timer = setTimeout(() => {
      tail.timer = null;
      this.poll(tenantId, tail);
    }, milliseconds);
  }

  private poll(tenantId: string, tail: Tail): void {
    if (tail.running) {
      tail.again = true;
      return;
    }
    tail.running = this.readBatch(tenantId, tail).then(
      (more) => this.finish(tenantId, tail, more ? 0 : POLL_MS),
      (error: Error) => {
        this.logger.warn({ tenant: tenantId, cause: error.name }, 'the event log cannot be read; trying again');
        this.finish(tenantId, tail, RETRY_MS);
      },
    );
  }

  private finish(tenantId: string, tail: Tail, waitMs: number): void {
    tail.running = null;
    const soon = tail.again && waitMs !== RETRY_MS;
    tail.again = false;
    if (soon || waitMs === 0) this.poll(tenantId, tail);
    else this.schedule(tenantId, tail, waitMs);
  }

  private async readBatch(tenantId: string, tail: Tail): Promise<boolean> {
    if (this.closed || !tail.position || this.tails.get(tenantId) !== tail) return false;
    const now = Date.now();
    const rows = await readAfter(this.databases.of(tenantId), tail.position, BATCH, tail.first);
    if (rows.length < BATCH) tail.first = firstIdAfter(now);
    for (const row of rows) {
      tail.position = positionOf(row);
      for (const topic of topicsOf(row)) {
        for (const { filter, listener } of tail.listeners.get(topic) ?? []) if (wants(filter, row)) listener(row);
      }
    }
    return rows.length === BATCH;
  }
}
