import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Retention } from '../policy/retention.js';
import { deleteOldCampaign, deleteOldReports } from './report-retention.store.js';

/** Reports, and the campaigns found in them, are kept as long as policy says. */
@Injectable()
export class ReportRetention implements OnModuleInit {
  constructor(private readonly retention: Retention) {}

  onModuleInit(): void {
    this.retention.keep('reportDays', deleteOldReports);
    this.retention.keep('reportDays', deleteOldCampaign);
  }
}
