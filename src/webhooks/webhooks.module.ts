import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { WebhookConsumer } from './webhook-consumer.js';
import { WebhookPump } from './webhook-pump.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  imports: [EventsModule],
  controllers: [WebhooksController],
  providers: [WebhookConsumer, WebhookPump, WebhookSender, WebhooksService],
})
export class WebhooksModule {}
