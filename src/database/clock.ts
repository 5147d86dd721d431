import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Loop } from '../upkeep/loop.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { Databases } from './databases.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import { read, sql } from './sql.js';

const now = read('clock.now', sql`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS milliseconds`);

const EVERY_MS = 10_000;
/** What took longer to ask says too little. */
const LONGEST_ROUND_TRIP_MS = 1_000;
/** From here on the operator is told: receivers of webhooks and verifiers of tokens allow for as much. */
const SKEW_TOLD_MS = 5_000;
const TELL_AGAIN_MS = 10 * 60_000;

/**
 * What time it is by the database, which decides every lifetime. Between two questions it goes by a clock that nobody
 * sets; this process's own clock, which may be off, is not asked.
 */
@Injectable()
export class Clock implements OnModuleInit, OnApplicationShutdown {
  /** The time at which the steady clock was 0. Until the database was asked, by this process's own clock. */
  private origin = Date.now() - performance.now();
  private asked = false;
  private toldAt = -Infinity;
  private readonly loop: Loop;

  constructor(
    private readonly databases: Databases,
    metrics: Metrics,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({ name: 'clock', everyMs: EVERY_MS, run: () => this.ask(), failed: () => undefined });
    metrics.measure(
      {
        name: 'countersign_clock_skew_seconds',
        help: 'By how much the clock of this process is ahead of the clock of the database; below 0 where it is behind.',
        labelNames: [],
      },
      () => Promise.resolve([{ labels: {}, value: this.skewMs() / 1_000 }]),
    );
  }

  async onModuleInit(): Promise<void> {
    await this.ask().catch(() => undefined);
    this.loop.wake(EVERY_MS);
  }

  onApplicationShutdown(): void {
    void this.loop.stop();
  }

  /** Milliseconds since 1970. */
  milliseconds(): number {
    return this.origin + performance.now();
  }

  date(): Date {
    return new Date(this.milliseconds());
  }

  private skewMs(): number {
    return Date.now() - this.milliseconds();
  }

  /** Where it cannot be asked, it is asked again, and until then the steady clock goes on. @throws what the database said. */
  private async ask(): Promise<void> {
    const [database] = this.databases.allKept();
    if (!database) return;
    const began = performance.now();
    const [row] = await database.query<{ milliseconds: number }>(now, {});
    const ended = performance.now();
    if (this.asked && ended - began > LONGEST_ROUND_TRIP_MS) return;
    this.origin = row!.milliseconds - (began + ended) / 2;
    this.asked = true;
    this.tell();
  }

  private tell(): void {
    const skewMs = this.skewMs();
    if (Math.abs(skewMs) < SKEW_TOLD_MS || performance.now() - this.toldAt < TELL_AGAIN_MS) return;
    this.toldAt = performance.now();
    this.logger.warn(
      { skewSeconds: Math.round(skewMs / 1_000) },
      'the clock of this process is off; all goes by the clock of the database, but for the times in this log',
    );
  }
}
