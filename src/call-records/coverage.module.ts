import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { CoverageController } from './coverage.controller.js';
import { CoverageService } from './coverage.service.js';
import { CallRecordRetention } from './call-record-retention.js';

@Module({
  imports: [EventsModule, PolicyModule],
  controllers: [CoverageController],
  providers: [CoverageService, CallRecordRetention],
})
export class CoverageModule {}
