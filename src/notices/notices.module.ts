import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { NoticeChecksService } from './notice-checks.service.js';
import { NoticesController } from './notices.controller.js';
import { NoticesService } from './notices.service.js';

@Module({ imports: [EventsModule, PolicyModule], controllers: [NoticesController], providers: [NoticesService, NoticeChecksService], exports: [NoticesService] })
export class NoticesModule {}
