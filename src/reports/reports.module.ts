import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { NoticesModule } from '../notices/notices.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { ReportExportService } from './report-export.service.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';
import { ReportRetention } from './report-retention.js';

@Module({
  imports: [ChangesModule, CustomersModule, EventsModule, NoticesModule, PolicyModule, VerificationsModule],
  controllers: [ReportsController, CampaignsController],
  providers: [ReportsService, ReportExportService, CampaignsService, ReportRetention],
  exports: [ReportsService, CampaignsService],
})
export class ReportsModule {}
