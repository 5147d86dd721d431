import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { PROVIDED } from '../../config/provided.js';
import type { LimitName, Quotas } from '../../config/rate-limits.js';
import type { TenantValues } from '../../config/tenant-values.js';
import { lookupHash } from '../../crypto/sealing.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import { Batches } from '../../database/batches.js';
import { Databases } from '../../database/databases.js';
import { Metrics } from '../../observability/metrics.js';
import { Sweeps } from '../../upkeep/sweeps.js';
import { isDatabaseUnavailable } from '../../database/tenant-database.js';
import { TimeLimitPassed, withinTimeLimit } from '../../upkeep/time-limit.js';
import { PerClientLimit } from './per-client-limit.js';
import { forgetWindows, takeUnits } from './rate-limits.store.js';
import { type Standing, WINDOW_SECONDS } from './standing.js';

/** Callers that are remembered in this process; one that is forgotten is asked for in the database again. */
const MOST_CALLERS = 50_000;
/** What is asked has some time left for itself after that. */
const COUNTED_MS = 250;
/** Requests of one caller that take together. */
const MOST_TOGETHER = 1_000;

interface Limit {
  readonly tenantId: string;
  readonly name: LimitName;
  /** A keyed hash of the caller, of the tenant and of the name. */
  readonly whose: Buffer;
  readonly quota: number;
}

/** Of each tenant, how often a minute. */
export type TenantQuotas = TenantValues<Quotas>;

/**
 * Limits on what one caller may do in a minute. What is `shared` is counted in the database by all processes together: one
 * statement at a time for each caller, for all of their requests that wait, so that whoever floods takes one connection and
 * not all; and none while it is known that nothing is left. What is counted `here` costs no statement.
 */
@Injectable()
export class RateLimits implements OnModuleInit {
  private readonly taking = new LRUCache<string, Batches<null, Standing>>({ max: MOST_CALLERS });
  /** Until when nothing is left, by `performance.now()`. */
  private readonly exhausted = new LRUCache<string, number>({ max: MOST_CALLERS });
  private readonly buckets = new Map<string, PerClientLimit>();

  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
    @Inject(PROVIDED.rateLimits) private readonly quotas: TenantQuotas,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('rate_limits', (tenantId) => forgetWindows(this.databases.of(tenantId)));
  }

  /** Takes one of what all processes share. @param caller who it is, by whatever names them; kept as a keyed hash. */
  async shared(tenantId: string, name: LimitName, caller: readonly string[]): Promise<Standing> {
    const [whose] = this.keys.each(({ lookup }) =>
      lookupHash(lookup, tenantId, `rate_limit.${name}`, JSON.stringify(caller)),
    );
    const limit: Limit = { tenantId, name, whose, quota: this.quotas.get(tenantId)![name] };
    const id = whose.toString('base64');
    const resetSeconds = ((this.exhausted.get(id) ?? 0) - performance.now()) / 1_000;
    const standing =
      resetSeconds > 0
        ? { isAllowed: false, quota: limit.quota, left: 0, resetSeconds }
        : await this.batchesOf(id, limit).do(null);
    this.count(name, standing);
    return standing;
  }

  /**
   * As `shared`; but where the database does not count in time, this process counts for itself: for what has an answer whatever is
   * broken.
   */
  async whateverIsBroken(tenantId: string, name: LimitName, caller: readonly string[]): Promise<Standing> {
    try {
      return await withinTimeLimit(this.shared(tenantId, name, caller), COUNTED_MS);
    } catch (error) {
      if (!(error instanceof TimeLimitPassed || isDatabaseUnavailable(error))) throw error;
      return this.here(tenantId, name, caller);
    }
  }

  /** Takes one of what each process counts for itself. */
  here(tenantId: string, name: LimitName, caller: readonly string[]): Standing {
    const quota = this.quotas.get(tenantId)![name];
    const standing = this.bucketOf(`${tenantId} ${name} ${quota}`, quota).take(JSON.stringify(caller));
    this.count(name, standing);
    return standing;
  }

  private count(name: LimitName, { isAllowed }: Standing): void {
    if (!isAllowed) this.metrics.rateLimited.inc({ policy: name });
  }

  private bucketOf(key: string, quota: number): PerClientLimit {
    const known = this.buckets.get(key);
    if (known) return known;
    const made = new PerClientLimit(quota);
    this.buckets.set(key, made);
    return made;
  }

  private batchesOf(id: string, limit: Limit): Batches<null, Standing> {
    const known = this.taking.get(id);
    if (known) return known;
    const made = new Batches<null, Standing>({
      work: (items) => this.take(id, limit, items.length),
      atOnce: 1,
      most: MOST_TOGETHER,
      tryApart: () => false,
    });
    this.taking.set(id, made);
    return made;
  }

  private async take(id: string, { tenantId, name, whose, quota }: Limit, wanted: number): Promise<Standing[]> {
    const { taken, reset_seconds: seconds } = await takeUnits(this.databases.of(tenantId), { name, whose, wanted });
    const resetSeconds = Math.min(WINDOW_SECONDS, Math.max(0, seconds));
    if (taken >= quota) this.exhausted.set(id, performance.now() + resetSeconds * 1_000);
    return Array.from({ length: wanted }, (_none, index) => {
      const number = taken - wanted + 1 + index;
      return { isAllowed: number <= quota, quota, left: Math.max(0, quota - number), resetSeconds };
    });
  }
}
