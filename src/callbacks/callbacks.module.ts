import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { CallbackOutcomesService } from './callback-outcomes.service.js';
import { CallbacksController } from './callbacks.controller.js';
import { CallbacksService } from './callbacks.service.js';

@Module({
  imports: [CallsModule, CustomersModule, EventsModule, PolicyModule],
  controllers: [CallbacksController],
  providers: [CallbacksService, CallbackOutcomesService],
  exports: [CallbacksService, CallbackOutcomesService],
})
export class CallbacksModule {}
