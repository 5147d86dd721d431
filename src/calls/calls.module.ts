import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { CallOwnershipService } from './call-ownership.service.js';
import { CallStreamService } from './call-stream.service.js';
import { CallsController } from './calls.controller.js';
import { CallsService } from './calls.service.js';
import { OfflineProofsService } from './offline-proofs.service.js';
import { VerdictsController } from './verdicts.controller.js';
import { VerdictFeedbackService } from './verdict-feedback.service.js';
import { VerdictsService } from './verdicts.service.js';
import { CallLapses } from './call-lapses.js';
import { OldFeedback } from './old-feedback.js';

@Module({
  imports: [CustomersModule, EventsModule, PolicyModule, VerificationsModule],
  controllers: [CallsController, VerdictsController],
  providers: [
    CallsService,
    VerdictsService,
    CallOwnershipService,
    VerdictFeedbackService,
    OfflineProofsService,
    CallStreamService,
    CallLapses,
    OldFeedback,
  ],
  exports: [CallsService],
})
export class CallsModule {}
