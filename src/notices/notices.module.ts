import { Module } from '@nestjs/common';
import { AgentDeskModule } from '../agent-desk/agent-desk.module.js';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { NoticeChecksService } from './notice-checks.service.js';
import { NoticesController } from './notices.controller.js';
import { NoticesService } from './notices.service.js';
import { PreparedNotices } from './prepared-notices.js';
import { NoticeRetention } from './notice-retention.js';

@Module({
  imports: [EventsModule, PolicyModule, AgentDeskModule],
  controllers: [NoticesController],
  providers: [NoticesService, NoticeChecksService, PreparedNotices, NoticeRetention],
  exports: [NoticesService],
})
export class NoticesModule {}
