import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { PushConsumer } from './push-consumer.js';
import { PushSender } from './push-sender.js';
import { PushSubscriptionsController } from './push-subscriptions.controller.js';
import { PushSubscriptionsService } from './push-subscriptions.service.js';

@Module({
  imports: [CustomersModule, EventsModule],
  controllers: [PushSubscriptionsController],
  providers: [PushConsumer, PushSender, PushSubscriptionsService],
})
export class PushModule {}
