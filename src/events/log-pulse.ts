import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import type { Loop } from '../upkeep/loop.js';
import { withinTimeLimit } from '../upkeep/time-limit.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { type Beat, LogActivity } from './log-activity.js';
import { readPulse } from './log-pulse.store.js';

/** While somebody listens, who is to be told soon of what another process did; and while nobody does. */
const LISTENED_MS = 50;
const UNHEARD_MS = 200;
const LIMIT_MS = 200;

/**
 * Looks at the log as a whole, for all tenants at once, and tells those who read it whether there may be anything to read:
 * where nothing happens, that is all that is asked of the database. Each look goes over another tenant's connection, so
 * that one that is stuck does not hold up the others; what it reads is of no tenant.
 */
@Injectable()
export class LogPulse implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly hooks = new Set<(beat: Beat) => void>();
  private readonly listening = new Set<() => boolean>();
  private turn = 0;
  private activity = new LogActivity();
  private last: Beat = { stirs: true, waits: true, horizon: 0n };
  private readonly loop: Loop;
  private failing = false;

  constructor(
    private readonly databases: Databases,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({
      name: 'log_pulse',
      everyMs: UNHEARD_MS,
      run: () => this.look(),
      failed: (error) => {
        this.tell(error);
        return this.waitMs;
      },
    });
  }

  /** Calls `hook` with every look. */
  onBeat(hook: (beat: Beat) => void): void {
    this.hooks.add(hook);
  }

  /** Looks more often while `listens` says so. */
  whileListening(listens: () => boolean): void {
    this.listening.add(listens);
  }

  onApplicationBootstrap(): void {
    this.loop.wake(this.waitMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private get waitMs(): number {
    return [...this.listening].some((listens) => listens()) ? LISTENED_MS : UNHEARD_MS;
  }

  private async look(): Promise<number> {
    const all: readonly TenantDatabase[] = this.databases.allKept();
    const database = all[(this.turn += 1) % all.length]!;
    try {
      this.last = this.activity.next(await withinTimeLimit(readPulse(database), LIMIT_MS));
      this.failing = false;
    } catch (error) {
      // Whoever reads the log finds out by itself; and what was written meanwhile may be of a server that forgot some of it.
      this.activity = new LogActivity();
      this.last = { ...this.last, stirs: true, waits: null };
      throw error;
    } finally {
      for (const hook of this.hooks) hook(this.last);
    }
    return this.waitMs;
  }

  private tell(error: Error): void {
    if (!this.failing)
      this.logger.debug(
        { kind: error.name, code: (error as { code?: string }).code },
        'the log could not be looked at; trying again',
      );
    this.failing = true;
  }
}
