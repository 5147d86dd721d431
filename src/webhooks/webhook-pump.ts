import { randomUUID } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { readEvents } from '../events/events.store.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { Jobs } from '../database/jobs.js';
import { Metrics } from '../observability/metrics.js';
import { traced } from '../observability/tracing.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import type { Loop } from '../upkeep/loop.js';
import { Pace } from '../upkeep/pace.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { forgetOldDeliveries } from './deliveries.store.js';
import { DISABLE_AFTER_MS, judgeEndpoint } from './endpoint.policy.js';
import {
  type AttemptResult,
  type DueBatch,
  type DueDelivery,
  forgetSpentJobs,
  holdEndpoint,
  kickEndpoints,
  listStranded,
  placeArrived,
  type PumpLease,
  readDue,
  recordDelivered,
  recordFailed,
  releaseEndpoint,
  scheduleNextAttempt,
  takeEndpoint,
} from './pump.store.js';
import { nextAttemptIn } from './retry.policy.js';
import { messageOf, testMessage, type WebhookMessage } from './webhook-message.js';
import { type Attempt, type Destination, WebhookSender } from './webhook-sender.js';
import { disableWebhook, lockWebhook, tellFailing } from './webhooks.store.js';

export interface DeliveryLimits {
  /** For one attempt, from the beginning to the last byte. */
  readonly attemptMs: number;
}

/** Requests to one endpoint at once; to one that has been failing, one. */
const MOST_AT_ONCE = 32;
/** Of what has arrived, so many are put in order between two batches. */
const MOST_PLACED = 100;
/** A job ends after this, so that other endpoints get their turn, and goes on in another. */
const TURN_MS = 20_000;
const WATCH_EVERY_MS = 2_000;
/** Where no process has left anything, and this one sends nothing. */
const WATCH_RARELY_MS = 16_000;
const TIDY_EVERY = 30;
const KEEP = '30 days';

/**
 * Delivers to an endpoint what is due there: one job at a time for each endpoint, so that a slow or dead one delays
 * nobody else. All that must survive is in rows; a process that dies leaves a lease that runs out.
 */
@Injectable()
export class WebhookPump implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly watching: Loop;
  private rounds = 0;
  private readonly watches = new Map<string, { readonly pace: Pace; due: number }>();

  constructor(
    private readonly databases: Databases,
    private readonly jobs: Jobs,
    private readonly sender: WebhookSender,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    @Inject(PROVIDED.deliveryLimits) private readonly limits: DeliveryLimits,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.watching = upkeep.loop({
      name: 'watch_webhooks',
      everyMs: WATCH_EVERY_MS,
      run: () => this.watch(),
      failed: () => undefined, // said already, of the tenant
    });
  }

  onModuleInit(): void {
    this.jobs.register('webhooks.pump', ({ tenantId, webhookId }) => this.pump(tenantId!, webhookId!));
  }

  onApplicationBootstrap(): void {
    if (this.jobs.work) this.watching.wake(WATCH_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.watching.stop();
  }

  /** Delivers until nothing is due. */
  async pump(tenantId: string, webhookId: string): Promise<void> {
    const db = this.databases.of(tenantId);
    this.hurryWatch(tenantId);
    const lease = { webhookId, pump: randomUUID(), lease: `${2 * this.limits.attemptMs + 1_000} milliseconds` };
    if (!(await takeEndpoint(db, lease))) return;
    try {
      await this.deliverDue(db, lease);
    } finally {
      await releaseEndpoint(db, lease);
    }
    // After the release: what came in since the last look was told to others, who found this one still at it.
    await scheduleNextAttempt(db, webhookId);
  }

  private async deliverDue(db: TenantDatabase, lease: PumpLease): Promise<void> {
    const end = performance.now() + TURN_MS;
    while (!this.jobs.stopping && performance.now() < end) {
      const placed = await this.holding(db, lease, (tx) => placeArrived(tx, lease, MOST_PLACED));
      const batch = await readDue(db, lease, MOST_AT_ONCE);
      if (!batch || (!placed && batch.deliveries.length === 0)) return;
      await this.deliverAll(db, lease, batch);
    }
  }

  /** Does something that another pump must not do meanwhile; null where that other has the endpoint: it will do the same. */
  private holding<Result>(
    db: TenantDatabase,
    lease: PumpLease,
    work: (tx: TenantHandle) => Promise<Result>,
  ): Promise<Result | null> {
    return db.transaction(async (tx) => ((await holdEndpoint(tx, lease)) ? work(tx) : null));
  }

  private async deliverAll(db: TenantDatabase, lease: PumpLease, batch: DueBatch): Promise<void> {
    const destination = this.sender.destinationOf(db.tenantId, lease.webhookId, batch);
    const messages = await this.messagesOf(db, lease.webhookId, batch.deliveries);
    const results = await Promise.all(
      batch.deliveries.map((delivery) =>
        this.deliver(db, { lease, destination, delivery, message: messages.get(delivery.id)! }),
      ),
    );
    const delivered = results.filter((result) => result !== null);
    if (delivered.length > 0) await this.holding(db, lease, (tx) => recordDelivered(tx, lease, delivered));
  }

  private async messagesOf(
    db: TenantDatabase,
    webhookId: string,
    deliveries: readonly DueDelivery[],
  ): Promise<Map<string, WebhookMessage>> {
    const ids = deliveries.filter(({ cause }) => cause !== 'test').map((delivery) => delivery.event_id);
    const events = new Map((ids.length === 0 ? [] : await readEvents(db, ids)).map((event) => [event.id, event]));
    return new Map(
      deliveries.map((delivery) => [
        delivery.id,
        delivery.cause === 'test'
          ? testMessage(delivery.event_id, webhookId, db.tenantId, this.clock.date())
          : messageOf(events.get(delivery.event_id)!, db.tenantId),
      ]),
    );
  }

  /** Returns what was delivered; a failure is recorded here. */
  private async deliver(
    db: TenantDatabase,
    {
      lease,
      destination,
      delivery,
      message,
    }: { lease: PumpLease; destination: Destination; delivery: DueDelivery; message: WebhookMessage },
  ): Promise<AttemptResult | null> {
    const attempt = await traced('send', 'webhook', db.tenantId, () =>
      this.sender.send(destination, message, this.limits.attemptMs),
    );
    if (attempt.failure === 'stopped') return null;
    this.metrics.webhookAttempts.inc({ outcome: attempt.failure ?? 'delivered' });
    const result = { id: delivery.id, latencyMs: attempt.latencyMs, responseStatus: attempt.status };
    if (attempt.failure === null) return result;
    const waitMs = nextAttemptIn(delivery.attempts + 1, attempt.retryAfterMs, Math.random());
    const failure = attempt.failure;
    const endpoint = await this.holding(db, lease, (tx) => recordFailed(tx, lease, { ...result, failure, waitMs }));
    if (endpoint) await this.follow(db, lease.webhookId, attempt, endpoint);
    return null;
  }

  private async follow(
    db: TenantDatabase,
    webhookId: string,
    attempt: Attempt,
    endpoint: { failingForMs: number; told: boolean },
  ): Promise<void> {
    const consequence = judgeEndpoint({ gone: attempt.status === 410, ...endpoint });
    if (consequence === 'none') return;
    if (consequence === 'tell') return tellFailing(db, webhookId, `${DISABLE_AFTER_MS} milliseconds`);
    await db.transaction(async (tx) => {
      await lockWebhook(tx, webhookId);
      await disableWebhook(tx, webhookId, consequence === 'disable_gone' ? 'gone' : 'failing');
    });
  }

  /** Takes up what processes left that died, and tidies. @throws the last that went wrong at a tenant, once all had their turn. */
  private async watch(): Promise<void> {
    let failure: Error | null = null;
    this.rounds += 1;
    for (const db of this.databases.all()) {
      try {
        await this.takeUp(db);
        if (this.rounds % TIDY_EVERY === 0)
          await Promise.all([forgetOldDeliveries(db, KEEP, 5_000), forgetSpentJobs(db)]);
      } catch (error) {
        this.logger.warn(
          { tenant: db.tenantId, kind: (error as Error).name, code: (error as { code?: string }).code },
          'webhooks could not be watched; trying again',
        );
        failure = error as Error;
      }
    }
    if (failure) throw failure;
  }

  private async takeUp(db: TenantDatabase): Promise<void> {
    const watch = this.watchOf(db.tenantId);
    if (Date.now() < watch.due) return;
    const stranded = await listStranded(db);
    if (stranded.length > 0) watch.pace.hurry();
    watch.due = Date.now() + watch.pace.rest();
    await kickEndpoints(db, stranded);
  }

  private hurryWatch(tenantId: string): void {
    const watch = this.watchOf(tenantId);
    watch.pace.hurry();
    watch.due = Math.min(watch.due, Date.now() + WATCH_EVERY_MS);
  }

  private watchOf(tenantId: string): { readonly pace: Pace; due: number } {
    const watch = this.watches.get(tenantId) ?? { pace: new Pace(WATCH_EVERY_MS, WATCH_RARELY_MS), due: 0 };
    this.watches.set(tenantId, watch);
    return watch;
  }
}
