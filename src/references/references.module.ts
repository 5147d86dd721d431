import { Module } from '@nestjs/common';
import { CallbacksModule } from '../callbacks/callbacks.module.js';
import { CallsModule } from '../calls/calls.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import { NoticesModule } from '../notices/notices.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { ReferencesController } from './references.controller.js';
import { ReferencesService } from './references.service.js';

@Module({
  imports: [CallsModule, CallbacksModule, ChangesModule, NoticesModule, PolicyModule, ReportsModule],
  controllers: [ReferencesController],
  providers: [ReferencesService],
  exports: [ReferencesService],
})
export class ReferencesModule {}
