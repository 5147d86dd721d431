import type { Databases } from '../database/databases.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import { withinTimeLimit } from '../upkeep/time-limit.js';

const ping = read('readiness.ping', sql`SELECT 1 AS one`);
/** Writes a page and takes it back. */
const probe = write('readiness.probe', sql`SELECT probe_write()`);

const TIME_LIMIT_MS = 2_000;
const PROBE_EVERY_MS = 1_000;

/** Whether this process should get requests. */
export class Readiness {
  private draining = false;
  private probing: Promise<void> | null = null;
  private probedAt = -Infinity;

  /** From now on not ready, so that a balancer sends requests elsewhere. */
  drain(): void {
    this.draining = true;
  }

  /** Why it should not, as a sentence; null where the database of every tenant answers in time and can be written to. */
  async obstacle(databases: Databases): Promise<string | null> {
    if (this.draining) return 'The service is stopping.';
    const all = databases.all();
    try {
      await withinTimeLimit(
        Promise.all([this.proveWritable(all), ...all.map((database) => database.query(ping, {}))]),
        TIME_LIMIT_MS,
      );
    } catch {
      return this.writeObstacle(all) ?? 'The database does not answer.';
    }
    return this.writeObstacle(all);
  }

  private writeObstacle(all: readonly TenantDatabase[]): string | null {
    return all.map(({ writes }) => writes.obstacle).find((obstacle) => obstacle !== null) ?? null;
  }

  /** All tenants share the disk: one writes for all, where one could not lately, or none has been tried for a while. */
  private async proveWritable(all: readonly TenantDatabase[]): Promise<void> {
    if (!all.some(({ writes }) => writes.isUnproved) || performance.now() - this.probedAt < PROBE_EVERY_MS)
      return this.probing ?? undefined;
    this.probedAt = performance.now();
    this.probing = this.prove(all).finally(() => {
      this.probing = null;
    });
    await this.probing;
  }

  private async prove(all: readonly TenantDatabase[]): Promise<void> {
    const askedAt = performance.now();
    try {
      await all[0]?.query(probe, {});
    } catch {
      return; // it has said why
    }
    for (const { writes } of all) writes.proved(askedAt);
  }
}
