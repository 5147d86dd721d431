import { Module } from '@nestjs/common';
import { EventStreams } from './event-streams.js';
import { EventTail } from './event-tail.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { Relay } from './relay.js';

@Module({ controllers: [EventsController], providers: [EventTail, EventStreams, EventsService, Relay], exports: [EventTail, EventStreams, EventsService, Relay] })
export class EventsModule {}
