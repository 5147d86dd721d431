import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { AnswersService } from './answers.service.js';
import { CustomerRelations } from './customer-relations.service.js';
import { DiagnosticsController } from './diagnostics.controller.js';
import { DiagnosticsService } from './diagnostics.service.js';
import { OldDiagnostics } from './old-diagnostics.js';
import { VerificationsController } from './verifications.controller.js';
import { VerificationsService } from './verifications.service.js';
import { VerificationLapses } from './verification-lapses.js';

@Module({
  imports: [CustomersModule, EventsModule, PolicyModule],
  controllers: [VerificationsController, DiagnosticsController],
  providers: [
    VerificationsService,
    AnswersService,
    CustomerRelations,
    DiagnosticsService,
    OldDiagnostics,
    VerificationLapses,
  ],
  exports: [CustomerRelations, VerificationsService],
})
export class VerificationsModule {}
