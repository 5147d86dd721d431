import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../platform/databases.js';
import { Jobs } from '../platform/jobs.js';
import { PROVIDED } from '../platform/provided.js';
import type { TenantDatabase, TenantHandle } from '../platform/tenant-database.js';
import { positionOf } from './event.js';
import { FIRST_ID, firstIdAfter } from './event-range.js';
import { EventTail } from './event-tail.js';
import { type PlacedEvent, readPlacedAfter } from './events.store.js';
import { advanceConsumer, ensureConsumer, isBehind, takeConsumer } from './relay.store.js';

/** Something that is given every event of a tenant once, in the order of the log. */
export interface EventConsumer {
  readonly name: string;
  /** Takes events over, in the transaction that moves the consumer on: all that it does with `db` happens once. */
  take(db: TenantHandle, events: readonly PlacedEvent[]): Promise<void>;
}

const IDLE_MS = 100;
const RETRY_MS = 1_000;
const BATCH = 500;
/** Between batches, so that under load few large ones are handed on and not many small ones. */
const GAP_MS = 10;

/**
 * Hands the event log on to consumers. Their positions are rows; whoever locks one is active for it until its
 * transaction ends, and with a process that dies its transaction ends. So any number of nodes may run this.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumers: EventConsumer[] = [];
  private readonly handovers: Handover[] = [];

  constructor(private readonly databases: Databases, private readonly tail: EventTail, private readonly jobs: Jobs, @Inject(PROVIDED.logger) private readonly logger: Logger) {}

  register(consumer: EventConsumer): void {
    this.consumers.push(consumer);
  }

  onApplicationBootstrap(): void {
    if (!this.jobs.work) return;
    for (const database of this.databases.all()) for (const consumer of this.consumers) this.handovers.push(new Handover(database, consumer, this.logger));
    this.tail.onWake((tenantId) => {
      for (const handover of this.handovers) if (handover.tenantId === tenantId) handover.wake();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.handovers.map((handover) => handover.stop()));
  }
}

/** One consumer of one tenant. */
class Handover {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private known = false;
  private first = FIRST_ID;
  private again = false;
  private closed = false;

  constructor(private readonly database: TenantDatabase, private readonly consumer: EventConsumer, private readonly logger: Logger) {
    this.schedule(0);
  }

  get tenantId(): string {
    return this.database.tenantId;
  }

  wake(): void {
    if (this.running) this.again = true;
    else this.schedule(0);
  }

  async stop(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(milliseconds: number): void {
    if (this.closed) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.running = this.round().then((wait) => {
        this.running = null;
        const soon = this.again && wait === IDLE_MS;
        this.again = false;
        this.schedule(soon ? GAP_MS : wait);
      });
    }, milliseconds);
  }

  /** Hands on what there is, and says how long to wait. */
  private async round(): Promise<number> {
    try {
      if (!this.known) await ensureConsumer(this.database, this.consumer.name);
      this.known = true;
      const now = Date.now();
      if (!(await isBehind(this.database, this.consumer.name, this.first))) {
        this.first = firstIdAfter(now);
        return IDLE_MS;
      }
      return (await this.database.transaction((db) => this.handOn(db))) === 0 ? IDLE_MS : GAP_MS;
    } catch (error) {
      this.logger.warn({ tenant: this.tenantId, consumer: this.consumer.name, kind: (error as Error).name, code: (error as { code?: string }).code }, 'events could not be handed on; trying again');
      return RETRY_MS;
    }
  }

  private async handOn(db: TenantHandle): Promise<number> {
    const position = await takeConsumer(db, this.consumer.name);
    if (!position) return 0;
    const events = await readPlacedAfter(db, position, BATCH, this.first);
    if (events.length === 0) return 0;
    await this.consumer.take(db, events);
    await advanceConsumer(db, this.consumer.name, positionOf(events.at(-1)!));
    return events.length;
  }
}
