import { Injectable } from '@nestjs/common';
import { deleteOldCallRecords } from '../call-records/coverage.store.js';
import { deleteOldNotice } from '../notices/notice-retention.store.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { PolicyService } from '../policy/policy.service.js';
import { deleteOldCampaign, deleteOldReports } from '../reports/report-retention.store.js';

const AT_ONCE = 2_000;
const MOST_ROUNDS = 20;

/** Deletes what policy keeps no longer: a batch a statement, and so many of them at a time. */
@Injectable()
export class Retention {
  constructor(private readonly policies: PolicyService) {}

  /** Returns how many rows were deleted. */
  async tidy(database: TenantDatabase, atOnce = AT_ONCE): Promise<number> {
    const {
      policy: { retention },
    } = await this.policies.current(database.tenantId);
    return (
      (await deleteAll(database, deleteOldCallRecords, retention.callRecordDays, atOnce)) +
      (await deleteAll(database, deleteOldNotice, retention.noticeDays, atOnce)) +
      (await deleteAll(database, deleteOldReports, retention.reportDays, atOnce)) +
      (await deleteAll(database, deleteOldCampaign, retention.reportDays, atOnce))
    );
  }
}

async function deleteAll(
  database: TenantDatabase,
  remove: (db: TenantHandle, days: number, most: number) => Promise<number>,
  days: number,
  atOnce: number,
): Promise<number> {
  let all = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // On a pooled connection, so that no verdict waits behind it.
    const deleted = await database.transaction((db) => remove(db, days, atOnce));
    all += deleted;
    if (deleted === 0) break;
  }
  return all;
}
