import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Config } from '../../config/config.js';
import type { TenantRegistry } from '../../config/tenant-registry.js';
import type { Databases } from '../../database/databases.js';
import { hasSqlState, UNDEFINED_TABLE } from '../../database/tenant-database.js';
import { listTenants, newestTenantVersion } from '../../database/tenants.store.js';
import type { Metrics } from '../../observability/metrics.js';
import type { Loop } from '../../upkeep/loop.js';
import type { Upkeep } from '../../upkeep/upkeep.js';
import { tenantsOf } from './at-start.js';

export interface TenantWatchOptions {
  readonly databases: Databases;
  readonly upkeep: Upkeep;
  readonly metrics: Metrics;
  readonly tenants: TenantRegistry;
  readonly config: Config;
  readonly logger: Logger;
}

const EVERY_MS = 1_000;
/** Whoever has not heard for so long does nothing for any tenant until it has. */
const GOOD_FOR_MS = 10_000;

/** Keeps up with which tenants there are and which are suspended: a number is asked for each second, and all of them where it is another. */
export class TenantWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private version = -1;
  private notServed = 0;

  constructor(private readonly options: TenantWatchOptions) {
    this.loop = options.upkeep.loop({ name: 'tenants', everyMs: EVERY_MS, run: () => this.look() });
    options.metrics.count(
      {
        name: 'countersign_tenants_not_served',
        help: 'Banks of the table of tenants that are served by nobody, because their entry cannot be.',
      },
      () => this.notServed,
    );
  }

  onApplicationBootstrap(): void {
    const { tenants } = this.options;
    tenants.lookedAt(performance.now(), GOOD_FOR_MS);
    tenants.onUnsure = () => this.loop.wake();
    this.loop.wake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.options.tenants.onUnsure = () => undefined;
    await this.loop.stop();
  }

  /** Takes over what the table says now. */
  async look(): Promise<void> {
    const { databases, tenants } = this.options;
    const askedAt = performance.now();
    // Of whoever has least to do: a flood of one keeps nobody from knowing.
    const [db] = databases.allKept().sort((one, other) => one.pressure().statements - other.pressure().statements);
    if (!db) return;
    const version = await newestTenantVersion(db).catch((error: unknown) => {
      if (hasSqlState(error, UNDEFINED_TABLE)) return -1; // an older schema, and a version that knows none serves beside
      throw error;
    });
    if (version !== this.version) this.take(await listTenants(db));
    this.version = version;
    tenants.lookedAt(askedAt, GOOD_FOR_MS);
  }

  private take(rows: Awaited<ReturnType<typeof listTenants>>): void {
    const { tenants: registry, config, logger } = this.options;
    const { tenants, faults } = tenantsOf(config, rows);
    this.notServed = faults.length;
    for (const fault of faults) logger.error({ fault }, 'a tenant of the table is not served');
    const changedBy = new Map(rows.map(({ id, changed_by }) => [id, changed_by]));
    for (const id of registry.replace(tenants))
      logger.warn(
        { tenant: id, status: registry.get(id)?.status ?? 'gone', by: changedBy.get(id) },
        'a tenant was changed',
      );
  }
}
