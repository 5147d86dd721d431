import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { NoticeChecksService } from './notice-checks.service.js';
import { NoticesController } from './notices.controller.js';
import { NoticesService } from './notices.service.js';
import { PreparedNotices } from './prepared-notices.js';

@Module({
  imports: [EventsModule, PolicyModule],
  controllers: [NoticesController],
  providers: [NoticesService, NoticeChecksService, PreparedNotices],
  exports: [NoticesService],
})
export class NoticesModule {}
