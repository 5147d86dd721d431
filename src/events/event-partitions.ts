import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import {
  dropPartition,
  keepPartitions,
  listOldPartitions,
  readBackend,
  stopBackend,
} from './event-partitions.store.js';

/** To see that each event of a month is sealed takes as long as reading them. */
const LOOK_MS = 10 * 60_000;

/** Keeps months ready for events to come, and drops those that are kept no longer. What cannot be done now is tried again the next time. */
@Injectable()
export class EventPartitions implements BeforeApplicationShutdown {
  private running: Promise<void> | null = null;
  private dropping: number | null = null;
  private closed = false;

  constructor(
    private readonly databases: Databases,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /** Looks after the partitions without being waited for. */
  tend(): void {
    this.running ??= this.keep()
      .then(() => this.dropOld())
      .finally(() => {
        this.running = null;
      });
  }

  async keep(): Promise<void> {
    const kept = await this.attempt('partitions of the event log could not be made', () =>
      this.database.transaction(keepPartitions),
    );
    if (kept && kept.made > 0) this.logger.info({ made: kept.made }, 'partitions of the event log were made');
    if (kept && kept.refused > 0)
      this.logger.error({ refused: kept.refused }, 'events stand in the default partition; see docs/operations.md');
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    const { dropping } = this;
    if (dropping !== null)
      await this.attempt('the drop of old events could not be stopped', () => stopBackend(this.database, dropping));
    await this.running;
  }

  /** The partitions are of all tenants; the connection of any will do. */
  private get database(): TenantDatabase {
    const [database] = this.databases.all();
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
