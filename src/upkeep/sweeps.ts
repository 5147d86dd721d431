import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import { TenantRegistry } from '../config/tenant-registry.js';
import { Metrics } from '../observability/metrics.js';
import type { Loop } from './loop.js';
import { Pace } from './pace.js';
import { Upkeep } from './upkeep.js';

const EVERY_MS = 1_000;
/** Longer than a question waits for its answer at most: so long after anything happened here, what has run out is looked for each second. */
const ATTENTIVE_MS = 11 * 60_000;
/** After that ever more rarely, to this: what runs out then was left by others, or lasts for hours. */
const RARELY_MS = 30_000;
/** Rounds between two times at which a tenant is tidied. */
const TIDY_EVERY = 60;

/** Does something for a tenant; returns how many rows it ended or deleted with an event, if any. */
export type SweepJob = (tenantId: string) => Promise<number | void>;

interface Turn {
  readonly pace: Pace;
  due: number;
  attentiveUntil: number;
}

/**
 * What features declare that they do for each tenant at intervals: one timer for all of it. Nobody who reads depends on it.
 * Any number of nodes may sweep at once; rows that another has locked are skipped.
 */
@Injectable()
export class Sweeps {
  private readonly lapses = new Map<string, SweepJob>();
  private readonly tidies = new Map<string, SweepJob>();
  private readonly turns = new Map<string, Turn>();
  private readonly loop: Loop;
  private changed: (tenantId: string) => void = () => undefined;
  private rounds = 0;

  constructor(
    private readonly upkeep: Upkeep,
    private readonly metrics: Metrics,
    private readonly tenants: TenantRegistry,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({ name: 'sweep', everyMs: EVERY_MS, run: () => this.sweepAll() });
  }

  /** Ends what has run out, by the database's clock, each second while something happens at a tenant, and more rarely otherwise. */
  lapse(kind: string, job: SweepJob): void {
    this.lapses.set(kind, job);
  }

  /** Deletes what is needed no longer, each minute. */
  tidy(what: string, job: SweepJob): void {
    this.tidies.set(what, job);
  }

  /** Something has happened at the tenant: something will run out. */
  attend(tenantId: string): void {
    this.turnOf(tenantId).attentiveUntil = Date.now() + ATTENTIVE_MS;
  }

  private turnOf(tenantId: string): Turn {
    const turn = this.turns.get(tenantId) ?? { pace: new Pace(EVERY_MS, RARELY_MS), due: 0, attentiveUntil: 0 };
    this.turns.set(tenantId, turn);
    return turn;
  }

  /** @param changed is told of each tenant at which a sweep wrote events. */
  begin(changed: (tenantId: string) => void): void {
    this.changed = changed;
    this.loop.wake(EVERY_MS);
  }

  /** Resolves once the round under way is over. */
  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async sweepAll(): Promise<void> {
    this.rounds += 1;
    for (const { id: tenantId } of this.tenants.active()) {
      try {
        if (isDue(this.turnOf(tenantId))) await this.sweep(tenantId);
        if (this.rounds % TIDY_EVERY === 0) await this.runAll(tenantId, 'tidy', this.tidies);
      } catch (error) {
        this.logger.warn(
          { tenant: tenantId, kind: (error as Error).name, code: (error as { code?: string }).code },
          'could not sweep; trying again',
        );
      }
    }
  }

  private sweep(tenantId: string): Promise<void> {
    return this.runAll(tenantId, 'lapse', this.lapses, (kind, rows) => this.metrics.lapses.inc({ kind }, rows));
  }

  private async runAll(
    tenantId: string,
    how: 'lapse' | 'tidy',
    jobs: ReadonlyMap<string, SweepJob>,
    count?: (what: string, rows: number) => void,
  ): Promise<void> {
    let all = 0;
    try {
      for (const [what, job] of jobs) {
        const rows = (await this.upkeep.run(`${how}_${what}`, () => job(tenantId))) ?? 0;
        count?.(what, rows);
        all += rows;
      }
    } finally {
      if (all > 0) this.changed(tenantId);
    }
  }
}

function isDue(turn: Turn): boolean {
  const now = Date.now();
  if (now < turn.attentiveUntil) {
    turn.pace.hurry();
    return true;
  }
  if (now < turn.due) return false;
  turn.due = now + turn.pace.rest();
  return true;
}
