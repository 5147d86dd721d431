import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { Jobs } from '../database/jobs.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { Metrics } from '../observability/metrics.js';
import type { Loop } from '../upkeep/loop.js';
import { Pace } from '../upkeep/pace.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { FIRST_ID, firstIdAfter } from './event-range.js';
import { EventTail } from './event-tail.js';
import { LogPulse } from './log-pulse.js';
import type { HandingOn } from './handing-on.js';
import { ensureConsumer, isBehind, readConsumerLags } from './relay.store.js';

/** Something that is given every event of a tenant once, in the order of the log. */
export interface EventConsumer {
  readonly name: string;
  /** Takes over what comes next and moves on, by a statement of `handingOn`; says how many events these were. */
  handOn(db: TenantHandle, next: HandingOn): Promise<number>;
}

const RETRY_MS = 1_000;
/** Where nothing was found, looks become as rare as this; what another process committed for a quiet tenant is looked for more often. */
const SOON_MS = 20;
const ANYHOW_MS = 10_000;
const QUIET_MS = 500;
const BATCH = 500;
/** Between batches, so that under load few large ones are handed on and not many small ones. */
const GAP_MS = 10;

/**
 * Hands the event log on to consumers. Their positions are rows; whoever locks one is active for it until its
 * transaction ends, and with a process that dies its transaction ends. So any number of nodes may run this.
 */
@Injectable()
export class Relay implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly consumers: EventConsumer[] = [];
  private handovers: Handover[] = [];

  private closed = false;

  constructor(
    private readonly databases: Databases,
    private readonly tail: EventTail,
    private readonly pulse: LogPulse,
    private readonly jobs: Jobs,
    private readonly upkeep: Upkeep,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  register(consumer: EventConsumer): void {
    this.consumers.push(consumer);
  }

  onModuleInit(): void {
    this.metrics.measure(
      {
        name: 'countersign_relay_lag_seconds',
        help: 'For how long the oldest event has waited that a consumer of the event log was not given yet.',
        labelNames: ['consumer'],
      },
      async () => {
        const longest = new Map<string, number>();
        const lags = (await Promise.all(this.databases.all().map(readConsumerLags))).flat();
        for (const { name, seconds } of lags) longest.set(name, Math.max(seconds, longest.get(name) ?? 0));
        return [...longest].map(([consumer, value]) => ({ labels: { consumer }, value }));
      },
    );
  }

  onApplicationBootstrap(): void {
    if (!this.jobs.work) return;
    this.arrange();
    this.databases.onChange(() => this.arrange());
    this.tail.onWake((tenantId) => {
      for (const handover of this.handovers) if (handover.tenantId === tenantId) handover.wake();
    });
    this.pulse.onBeat(({ stirs, horizon }) => {
      if (stirs) for (const handover of this.handovers) handover.stir(horizon);
    });
  }

  /** One for each consumer of each tenant that is served, and of no other. */
  private arrange(): void {
    if (this.closed) return;
    const served = new Map(this.databases.all().map((database) => [database.tenantId, database]));
    for (const handover of this.handovers) if (!served.has(handover.tenantId)) void handover.stop();
    this.handovers = this.handovers.filter(({ tenantId }) => served.has(tenantId));
    for (const { tenantId } of this.handovers) served.delete(tenantId);
    for (const database of served.values())
      for (const consumer of this.consumers)
        this.handovers.push(new Handover(database, consumer, this.upkeep, this.logger));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    await Promise.all(this.handovers.map((handover) => handover.stop()));
  }
}

/** One consumer of one tenant. */
class Handover {
  private readonly pace = new Pace(SOON_MS, ANYHOW_MS);
  private readonly loop: Loop;
  private known = false;
  private first = FIRST_ID;
  private lookedAt = 0;
  /** What had settled before the last look. */
  private horizon = 0n;
  private seen = 0n;

  constructor(
    private readonly database: TenantDatabase,
    private readonly consumer: EventConsumer,
    upkeep: Upkeep,
    private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({
      name: `relay_${consumer.name}`,
      everyMs: ANYHOW_MS,
      retryMs: RETRY_MS,
      againMs: GAP_MS,
      run: () => this.round(),
      failed: (error) => this.tell(error),
    });
    this.loop.wake();
  }

  get tenantId(): string {
    return this.database.tenantId;
  }

  /** This process has committed something. */
  wake(): void {
    this.pace.hurry();
    this.loop.wake();
  }

  /** Something may have settled. */
  stir(horizon: bigint): void {
    this.seen = horizon;
    if (horizon > this.horizon && !this.loop.isRunning)
      this.loop.wake(Math.max(0, this.lookedAt + Math.min(this.pace.waitMs, QUIET_MS) - Date.now()));
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Hands on what there is, and says how long to wait. */
  private async round(): Promise<number> {
    this.lookedAt = Date.now();
    this.horizon = this.seen;
    if (!this.known) await ensureConsumer(this.database, this.consumer.name);
    this.known = true;
    const now = Date.now();
    if (!(await isBehind(this.database, this.consumer.name, this.first))) {
      this.first = firstIdAfter(now);
      return this.pace.rest();
    }
    if ((await this.database.transaction((db) => this.handOn(db))) === 0) return this.pace.rest();
    this.pace.hurry();
    return GAP_MS;
  }

  private handOn(db: TenantHandle): Promise<number> {
    return this.consumer.handOn(db, { consumer: this.consumer.name, first: this.first, most: BATCH });
  }

  private tell(error: Error): void {
    this.logger.warn(
      {
        tenant: this.tenantId,
        consumer: this.consumer.name,
        kind: error.name,
        code: (error as { code?: string }).code,
      },
      'events could not be handed on; trying again',
    );
  }
}
