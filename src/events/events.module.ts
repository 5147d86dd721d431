import { Module } from '@nestjs/common';
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
import { WrittenEvents } from './written-events.js';

@Module({
  controllers: [EventsController],
  providers: [
    LogHold,
    LogPulse,
    EventTail,
    EventStreams,
    EventsService,
    EventPartitions,
    LogOrder,
    Relay,
    TenantSweep,
    WrittenEvents,
  ],
  exports: [LogPulse, EventTail, EventStreams, EventsService, Relay],
})
export class EventsModule {}
