import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { HandingOn } from '../events/handing-on.js';
import { Relay } from '../events/relay.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { queueForWebhooks } from './deliveries.store.js';
import { kickEndpoints } from './pump.store.js';

/** The name of what queues events for webhooks, among the consumers of the log. */
export const WEBHOOK_CONSUMER = 'webhooks';

/** Queues each event once for each endpoint that wants it. */
@Injectable()
export class WebhookConsumer implements OnModuleInit {
  readonly name = WEBHOOK_CONSUMER;

  constructor(private readonly relay: Relay) {}

  onModuleInit(): void {
    this.relay.register(this);
  }

  async handOn(db: TenantHandle, next: HandingOn): Promise<number> {
    const { events, ids } = await queueForWebhooks(db, next);
    await kickEndpoints(db, ids);
    return events;
  }
}
