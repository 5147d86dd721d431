import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Sweeps } from '../upkeep/sweeps.js';
import type { Policy } from './policy.js';
import { PolicyService } from './policy.service.js';

const AT_ONCE = 2_000;
const MOST_ROUNDS = 20;

type Period = keyof Policy['retention'];
/** Deletes at most so many rows that are older than so many days; returns how many there were. */
type Remove = (db: TenantHandle, days: number, most: number) => Promise<number>;

/** Deletes what policy keeps no longer, as features declare it: a batch a statement, and so many of them at a time. */
@Injectable()
export class Retention implements OnModuleInit {
  private readonly removals: { readonly period: Period; readonly remove: Remove }[] = [];

  constructor(
    private readonly policies: PolicyService,
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('retention', (tenantId) => this.tidy(tenantId));
  }

  /** Declares what is kept for a period of the policy. */
  keep(period: Period, remove: Remove): void {
    this.removals.push({ period, remove });
    // Always in one order, however the features come up.
    this.removals.sort((one, other) => Number(one.period > other.period) - Number(one.period < other.period));
  }

  /** Returns how many rows were deleted. */
  async tidy(tenantId: string, atOnce = AT_ONCE): Promise<number> {
    const { policy } = await this.policies.current(tenantId);
    let all = 0;
    for (const { period, remove } of this.removals)
      all += await this.removeAll(tenantId, remove, policy.retention[period], atOnce);
    return all;
  }

  private async removeAll(tenantId: string, remove: Remove, days: number, atOnce: number): Promise<number> {
    let all = 0;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      // On a pooled connection, so that no verdict waits behind it.
      const deleted = await this.databases.of(tenantId).transaction((db) => remove(db, days, atOnce));
      all += deleted;
      if (deleted === 0) break;
    }
    return all;
  }
}
