import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { PushConfig } from '../config/push-settings.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { HandingOn } from '../events/handing-on.js';
import { Relay } from '../events/relay.js';
import { wantPushes } from './push-queue.store.js';

/** Lets a customer who was asked something be told to open their app. Where no way to push is on, it reads no events. */
@Injectable()
export class PushConsumer implements OnModuleInit {
  readonly name = 'push';

  constructor(
    private readonly relay: Relay,
    @Inject(PROVIDED.push) private readonly config: PushConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.webPush || this.config.fcm || this.config.apns) this.relay.register(this);
  }

  handOn(db: TenantHandle, next: HandingOn): Promise<number> {
    return wantPushes(db, next);
  }
}
