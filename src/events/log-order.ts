import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import type { Loop } from '../upkeep/loop.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { isAhead } from './log-order.store.js';

const EVERY_MS = 10_000;
/** While nothing is decided because of it. */
const SOON_MS = 1_000;
const TELL_EVERY_MS = 60_000;

const OBSTACLE =
  'The database was restored into a younger cluster: what is decided now would stand before what was decided long ago, and be neither sealed nor handed on. Run `npm run mend-log` with the role that owns the schema, or start the service with it.';

/**
 * Lets nothing be decided on an event log that another cluster has filled, as after a restore from a dump: new events would
 * come to stand among old ones, where nobody looks any more. It is looked for before the first request, and now and then.
 */
@Injectable()
export class LogOrder implements OnModuleInit, OnApplicationShutdown {
  private readonly loop: Loop;
  private readonly ahead = new Set<string>();
  private toldAt = -Infinity;

  constructor(
    private readonly databases: Databases,
    metrics: Metrics,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({ name: 'log_order', everyMs: EVERY_MS, run: () => this.look() });
    metrics.measure(
      {
        name: 'countersign_log_out_of_order',
        help: 'Tenants on whose event log nothing is decided, because the database was restored and not mended.',
        labelNames: [],
      },
      () => Promise.resolve([{ labels: {}, value: this.ahead.size }]),
    );
  }

  async onModuleInit(): Promise<void> {
    this.loop.wake(await this.look());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Returns in how many milliseconds to look again. */
  private async look(): Promise<number> {
    await Promise.all(this.databases.allKept().map((database) => this.lookAt(database)));
    if (this.ahead.size > 0 && performance.now() - this.toldAt > TELL_EVERY_MS) {
      this.toldAt = performance.now();
      this.logger.error({ tenants: [...this.ahead] }, OBSTACLE);
    }
    return this.ahead.size > 0 ? SOON_MS : EVERY_MS;
  }

  private async lookAt(database: TenantDatabase): Promise<void> {
    let found: boolean;
    try {
      found = await isAhead(database);
    } catch {
      return; // it is looked at again; what is held stays so
    }
    database.writes.hold(found ? OBSTACLE : null);
    if (found) this.ahead.add(database.tenantId);
    else if (this.ahead.delete(database.tenantId))
      this.logger.info({ tenant: database.tenantId }, 'the event log is in order again');
  }
}
