import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { AnswersService } from './answers.service.js';
import { VerificationsController } from './verifications.controller.js';
import { VerificationsService } from './verifications.service.js';

@Module({
  imports: [CustomersModule, EventsModule, PolicyModule],
  controllers: [VerificationsController],
  providers: [VerificationsService, AnswersService],
  exports: [VerificationsService],
})
export class VerificationsModule {}
