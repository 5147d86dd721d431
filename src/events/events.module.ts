import { Module } from '@nestjs/common';
import { EventTail } from './event-tail.js';

@Module({ providers: [EventTail], exports: [EventTail] })
export class EventsModule {}
