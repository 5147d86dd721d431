import { Module, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { TenantRates } from '../http/limits/tenant-rates.js';
import { EventPartitions } from './event-partitions.js';
import { EventStreams } from './event-streams.js';
import { EventTail } from './event-tail.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { LogHold } from './log-hold.js';
import { LogOrder } from './log-order.js';
import { LogPulse } from './log-pulse.js';
import { Relay } from './relay.js';
import { TenantSweep } from './tenant-sweep.js';
import { countWrittenLately } from './written-events.store.js';

@Module({
  controllers: [EventsController],
  providers: [LogHold, LogPulse, EventTail, EventStreams, EventsService, EventPartitions, LogOrder, Relay, TenantSweep],
  exports: [LogPulse, EventTail, EventStreams, EventsService, Relay],
})
export class EventsModule implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly rates: TenantRates,
  ) {}

  /** Says how many events of a tenant were written lately, for the limit of what it may write in a second. */
  onModuleInit(): void {
    this.rates.countBy((tenantId, most) => countWrittenLately(this.databases.of(tenantId), most));
  }
}
