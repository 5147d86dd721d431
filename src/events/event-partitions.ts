import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import type { Loop } from '../upkeep/loop.js';
import { Upkeep } from '../upkeep/upkeep.js';
import {
  analyzeEvents,
  dropPartition,
  keepPartitions,
  listOldPartitions,
  readBackend,
  stopBackend,
} from './event-partitions.store.js';

/** To see that each event of a month is sealed takes as long as reading them. */
const LOOK_MS = 10 * 60_000;
const SOON_MS = 1_000;
const EVERY_MS = 3_600_000;

/** Keeps months ready for events to come, drops those that are kept no longer, and takes the statistics of them all. What cannot be done now is tried again the next time. */
@Injectable()
export class EventPartitions implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private dropping: number | null = null;
  private closed = false;
  private refused = 0;

  constructor(
    private readonly databases: Databases,
    upkeep: Upkeep,
    metrics: Metrics,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    metrics.count(
      {
        name: 'countersign_event_months_without_partition',
        help: 'Months, of this one and the next three, whose events stand in the default partition, where they are never dropped.',
      },
      () => this.refused,
    );
    this.loop = upkeep.loop({
      name: 'event_partitions',
      everyMs: EVERY_MS,
      run: async () => {
        await this.keep();
        await this.dropOld();
        await this.analyze();
      },
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.keep();
    this.loop.wake(SOON_MS);
  }

  private async keep(): Promise<void> {
    const kept = await this.attempt('partitions of the event log could not be made', () =>
      this.database.transaction(keepPartitions),
    );
    this.refused = kept?.refused ?? this.refused;
    if (kept && kept.made > 0) this.logger.info({ made: kept.made }, 'partitions of the event log were made');
    if (kept && kept.refused > 0)
      this.logger.error({ refused: kept.refused }, 'events stand in the default partition; see docs/operations.md');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    const stopped = this.loop.stop();
    const { dropping } = this;
    if (dropping !== null)
      await this.attempt('the drop of old events could not be stopped', () => stopBackend(this.database, dropping));
    await stopped;
  }

  /** The partitions are of all tenants; the connection of any will do. */
  private get database(): TenantDatabase {
    const [database] = this.databases.allKept();
    return database!;
  }

  private async dropOld(): Promise<void> {
    const names = await this.attempt('old events could not be looked for', () =>
      this.database.transaction(listOldPartitions),
    );
    for (const name of names ?? []) {
      if (this.closed) return;
      const outcome = await this.attempt('old events could not be dropped', () => this.drop(name));
      if (outcome) this.logger.info({ partition: name, outcome }, 'old events');
    }
  }

  private async analyze(): Promise<void> {
    if (this.closed) return;
    const analyzed = await this.attempt('the statistics of the event log could not be taken', () =>
      this.database.transaction(analyzeEvents, LOOK_MS),
    );
    if (analyzed) this.logger.info('the statistics of the event log were taken');
  }

  private async drop(name: string): Promise<string> {
    try {
      return await this.database.transaction(async (tx) => {
        this.dropping = await readBackend(tx);
        return dropPartition(tx, name);
      }, LOOK_MS);
    } finally {
      this.dropping = null;
    }
  }

  private async attempt<Result>(failure: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.logger.warn(
        { kind: (error as Error).name, code: (error as { code?: string }).code },
        `${failure}; trying again`,
      );
      return undefined;
    }
  }
}
