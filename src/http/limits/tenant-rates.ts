import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../../config/provided.js';
import type { TenantLimits } from '../../config/tenant-limits.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { Databases } from '../../database/databases.js';
import { Metrics } from '../../observability/metrics.js';
import { Refusal } from '../../refusals/refusal.js';
import type { Loop } from '../../upkeep/loop.js';
import { Sweeps } from '../../upkeep/sweeps.js';
import { withinTimeLimit } from '../../upkeep/time-limit.js';
import { Upkeep } from '../../upkeep/upkeep.js';
import type { Held } from './held.js';
import { type HeaderReply, type TenantLimitName, tellStanding } from './standing.js';
import { forgetDemands, tellDemand } from './tenant-demands.store.js';
import {
  type Demand,
  fullRate,
  type HeldAs,
  mayWrite,
  NO_DEMAND,
  type RateState,
  sharesOf,
  takeOne,
} from './tenant-rate.policy.js';

/** Other processes hear so often what is asked of this one, of a tenant that has a limit and of which something is asked. */
const TELL_EVERY_MS = 250;
const TELL_LIMIT_MS = 1_000;
/** While the database is away, until it is tried again. */
const RETRY_MS = 1_000;
const RESTING_MS = 3_600_000;
/** After so long, a process that let in all that it may may do so again. */
const FORGET_AFTER_MS = 2_000;
const LOG_EVERY_MS = 60_000;

/** How many events of a tenant were written in the last second, by all processes; counted to so many and no further. */
export type CountWritten = (tenantId: string, most: number) => Promise<number>;

/** What is asked of one tenant at this process. */
interface Asked {
  requests: RateState;
  writes: RateState;
  /** Since it was told last. */
  asked: Record<HeldAs, number>;
  toldAt: number;
  askedAt: number;
  /** In a second: here and at all other processes, as was heard last. */
  own: Demand;
  others: Demand;
  /** Events in the last second, as was seen last, and what was let in since that may have written more. */
  written: number;
  writing: number;
}

/**
 * Limits on what one tenant may do in a second, over all processes: each lets in a share by what is asked of it, and hears off the way
 * of requests what is asked of the others (docs/decisions/0151). One that does not hear counts for itself.
 */
@Injectable()
export class TenantRates implements OnModuleInit, BeforeApplicationShutdown {
  private readonly process = randomUUID();
  private readonly byTenant = new Map<string, Asked>();
  private readonly loop: Loop;
  private isResting = true;
  private countWritten: CountWritten = () => Promise.resolve(0);
  private loggedAt = -Infinity;

  constructor(
    private readonly tenants: TenantRegistry,
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
    private readonly metrics: Metrics,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({
      name: 'tenant_rates',
      everyMs: TELL_EVERY_MS,
      retryMs: RETRY_MS,
      run: () => this.round(),
    });
  }

  onModuleInit(): void {
    this.sweeps.tidy('tenant_demands', (tenantId) => forgetDemands(this.databases.of(tenantId)));
  }

  /** Whoever has the events says how they are counted. */
  countBy(count: CountWritten): void {
    this.countWritten = count;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /**
   * Takes one request of a tenant. Costs no statement, and nothing where the tenant has no limit.
   * @throws Refusal 429
   */
  admit(tenantId: string, held: Held, reply: HeaderReply): void {
    const limits = this.tenants.limitsOf(tenantId);
    if (limits) this.take(tenantId, limits, held, reply);
  }

  private take(tenantId: string, limits: TenantLimits, { heldAs, writes }: Held, reply: HeaderReply): void {
    const now = performance.now();
    const asked = this.askedOf(tenantId, limits, now);
    asked.asked[heldAs] += 1;
    asked.askedAt = now;
    if (this.isResting) this.wake();
    const { requestsPerSecond, eventsPerSecond } = limits;
    if (requestsPerSecond !== undefined) {
      const outcome = takeOne(asked.requests, heldAs, sharesOf(requestsPerSecond, asked.own, asked.others), now);
      asked.requests = outcome.state;
      if (!outcome.isAllowed) this.refuse(tenantId, 'tenant-requests', requestsPerSecond, outcome.resetSeconds, reply);
    }
    if (eventsPerSecond !== undefined && writes)
      this.takeWrite(tenantId, asked, { heldAs, eventsPerSecond, now }, reply);
  }

  private takeWrite(
    tenantId: string,
    asked: Asked,
    { heldAs, eventsPerSecond, now }: { heldAs: HeldAs; eventsPerSecond: number; now: number },
    reply: HeaderReply,
  ): void {
    const outcome = takeOne(asked.writes, heldAs, sharesOf(eventsPerSecond, NO_DEMAND, NO_DEMAND), now);
    const isAllowed = outcome.isAllowed && mayWrite(heldAs, asked.written + asked.writing, eventsPerSecond);
    if (!isAllowed) this.refuse(tenantId, 'tenant-events', eventsPerSecond, outcome.resetSeconds, reply);
    asked.writes = outcome.state;
    asked.writing += 1;
  }

  private askedOf(tenantId: string, limits: TenantLimits, now: number): Asked {
    const known = this.byTenant.get(tenantId);
    if (known) return known;
    const made: Asked = {
      requests: fullRate(sharesOf(limits.requestsPerSecond ?? 0, NO_DEMAND, NO_DEMAND), now),
      writes: fullRate(sharesOf(limits.eventsPerSecond ?? 0, NO_DEMAND, NO_DEMAND), now),
      asked: { ...NO_DEMAND },
      toldAt: now,
      askedAt: now,
      own: NO_DEMAND,
      others: NO_DEMAND,
      written: 0,
      writing: 0,
    };
    this.byTenant.set(tenantId, made);
    return made;
  }

  private refuse(
    tenantId: string,
    policy: TenantLimitName,
    quota: number,
    resetSeconds: number,
    reply: HeaderReply,
  ): never {
    const seconds = Math.max(1, Math.ceil(resetSeconds));
    this.metrics.rateLimited.inc({ policy });
    tellStanding(reply, policy, { isAllowed: false, quota, left: 0, resetSeconds: seconds }, 1);
    const now = performance.now();
    if (now - this.loggedAt >= LOG_EVERY_MS) {
      this.loggedAt = now;
      this.logger.warn({ tenant: tenantId, policy, limit: quota }, 'a tenant asks more than it may: some is refused');
    }
    throw new Refusal('too-many-requests', { retryAfterSeconds: seconds, 'violated-policies': [policy] });
  }

  private wake(): void {
    this.isResting = false;
    this.loop.wake();
  }

  /** @throws the last that failed, once all were told; who was not heard of counts as nobody */
  private async round(): Promise<number> {
    const now = performance.now();
    for (const [tenantId, { askedAt }] of this.byTenant)
      if (now - askedAt > FORGET_AFTER_MS || !this.tenants.limitsOf(tenantId)) this.byTenant.delete(tenantId);
    this.isResting = this.byTenant.size === 0;
    if (this.isResting) return RESTING_MS;
    const served = [...this.byTenant].filter(([tenantId]) => this.tenants.isActive(tenantId));
    const told = await Promise.allSettled(
      served.map(([tenantId, asked]) => withinTimeLimit(this.tell(tenantId, asked), TELL_LIMIT_MS)),
    );
    for (const [at, { status }] of told.entries())
      if (status === 'rejected') Object.assign(served[at]![1], { others: NO_DEMAND, written: 0, writing: 0 });
    const failed = told.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return TELL_EVERY_MS;
  }

  private async tell(tenantId: string, asked: Asked): Promise<void> {
    const limits = this.tenants.limitsOf(tenantId);
    const now = performance.now();
    const seconds = Math.max(now - asked.toldAt, TELL_EVERY_MS) / 1_000;
    const { critical, interactive, bulk } = asked.asked;
    asked.own = { critical: critical / seconds, interactive: interactive / seconds, bulk: bulk / seconds };
    [asked.asked, asked.toldAt] = [{ ...NO_DEMAND }, now];
    const db = this.databases.of(tenantId);
    if (limits?.requestsPerSecond !== undefined) asked.others = await tellDemand(db, this.process, asked.own);
    if (limits?.eventsPerSecond === undefined) return;
    asked.writing = 0;
    asked.written = await this.countWritten(tenantId, limits.eventsPerSecond);
  }
}
