import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { CallbackOutcomesService } from '../callbacks/callback-outcomes.service.js';
import { lapseDueCalls } from '../calls/calls.store.js';
import { ChangeSettlementService } from '../changes/change-settlement.service.js';
import { forgetSpentProofs } from '../customers/devices.store.js';
import { EventPartitions } from '../events/event-partitions.js';
import { EventTail } from '../events/event-tail.js';
import { Pace } from '../events/pace.js';
import { Databases } from '../database/databases.js';
import { forgetOldKeys } from '../http/idempotency/idempotency.store.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import { Retention } from './retention.js';
import { CampaignsService } from '../reports/campaigns.service.js';
import { lapseDueVerifications } from '../verifications/verifications.store.js';

const EVERY_MS = 1_000;
/** Longer than a question waits for its answer at most: so long after anything happened here, what has run out is looked for each second. */
const ATTENTIVE_MS = 11 * 60_000;
/** After that ever more rarely, to this: what runs out then was left by others, or lasts for hours. */
const RARELY_MS = 30_000;
const TIDY_EVERY = 60;
const PARTITIONS_EVERY = 3_600;
const BATCH = 500;

/**
 * Ends what has run out, by the database's clock, with an event each. Readers do not depend on it: they lapse what they
 * find. Any number of nodes may sweep at once; rows that another has locked are skipped.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private rounds = 0;
  private closed = false;
  private readonly turns = new Map<string, { readonly pace: Pace; due: number; attentiveUntil: number }>();

  constructor(
    private readonly databases: Databases,
    private readonly tail: EventTail,
    private readonly metrics: Metrics,
    private readonly callbacks: CallbackOutcomesService,
    private readonly changes: ChangeSettlementService,
    private readonly campaigns: CampaignsService,
    private readonly retention: Retention,
    private readonly partitions: EventPartitions,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.partitions.keep();
    for (const { tenantId } of this.databases.all())
      this.turns.set(tenantId, { pace: new Pace(EVERY_MS, RARELY_MS), due: 0, attentiveUntil: 0 });
    this.tail.onWake((tenantId) => {
      this.turns.get(tenantId)!.attentiveUntil = Date.now() + ATTENTIVE_MS;
    });
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.running = this.sweepAll().finally(() => this.schedule());
    }, EVERY_MS);
    this.timer.unref();
  }

  private async sweepAll(): Promise<void> {
    if (this.rounds % PARTITIONS_EVERY === 0) this.partitions.tend();
    this.rounds += 1;
    for (const database of this.databases.all()) {
      try {
        if (this.isDue(database.tenantId)) await this.sweep(database);
        if (this.rounds % TIDY_EVERY === 0) await this.tidy(database);
      } catch (error) {
        this.logger.warn(
          { tenant: database.tenantId, kind: (error as Error).name, code: (error as { code?: string }).code },
          'could not sweep; trying again',
        );
      }
    }
  }

  private isDue(tenantId: string): boolean {
    const [turn, now] = [this.turns.get(tenantId)!, Date.now()];
    if (now < turn.attentiveUntil) {
      turn.pace.hurry();
      return true;
    }
    if (now < turn.due) return false;
    turn.due = now + turn.pace.rest();
    return true;
  }

  private async tidy(database: TenantDatabase): Promise<void> {
    await Promise.all([
      forgetOldKeys(database, 10_000),
      forgetSpentProofs(database),
      this.campaigns.tidy(database.tenantId, 10_000),
    ]);
    if ((await this.retention.tidy(database)) > 0) this.tail.wake(database.tenantId);
  }

  private async sweep(database: TenantDatabase): Promise<void> {
    const verifications = await lapseDueVerifications(database, BATCH);
    const calls = await lapseDueCalls(database, BATCH);
    const callbacks = await this.callbacks.sweep(database.tenantId, BATCH);
    const changes = await this.changes.sweep(database.tenantId);
    const campaigns = await this.campaigns.sweep(database.tenantId, BATCH);
    this.metrics.lapses.inc({ kind: 'campaign' }, campaigns);
    this.metrics.lapses.inc({ kind: 'callback' }, callbacks);
    this.metrics.lapses.inc({ kind: 'change' }, changes);
    this.metrics.lapses.inc({ kind: 'verification' }, verifications);
    this.metrics.lapses.inc({ kind: 'call' }, calls);
    if (verifications + calls + callbacks + changes + campaigns > 0) this.tail.wake(database.tenantId);
  }
}
