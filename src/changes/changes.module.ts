import { Module } from '@nestjs/common';
import { CallbacksModule } from '../callbacks/callbacks.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { ChangeDecisionsService } from './change-decisions.service.js';
import { ChangeSettlementService } from './change-settlement.service.js';
import { ChangesController } from './changes.controller.js';
import { ChangesService } from './changes.service.js';
import { CustomerChangesController } from './customer-changes.controller.js';
import { CustomerChangesService } from './customer-changes.service.js';
import { LettersService } from './letters.service.js';

@Module({
  imports: [CallbacksModule, CustomersModule, PolicyModule, VerificationsModule],
  controllers: [ChangesController, CustomerChangesController],
  providers: [ChangesService, ChangeDecisionsService, ChangeSettlementService, CustomerChangesService, LettersService],
  exports: [ChangesService, ChangeSettlementService],
})
export class ChangesModule {}
