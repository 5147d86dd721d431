import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { cursorUuid } from '../http/page.js';
import { readTypes } from './event-filter.js';
import { ApiEventStream, EventStreams } from './event-streams.js';
import { EventQuery, StreamQuery } from './events.dto.js';
import { EventListReply } from './events.reply.js';
import { EventsService } from './events.service.js';

@ApiTags('Events')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly streams: EventStreams,
  ) {}

  @Get()
  @Scopes('admin', 'analyst')
  @LoadClass('bulk')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listEvents',
    summary: 'The event log, oldest first',
    description:
      'CloudEvents 1.0 in the order of the log. Without `order=desc`, `from`, `to`, `customerId` or `subject`, nothing ever comes to stand before an event that was listed, so a reader that goes on after the last id misses nothing and reads nothing twice. With any of them, events are listed by their time, and one whose transaction was slow may come to stand before others of the same moment: to look back, not to follow.',
  })
  @ApiOkResponse({ type: EventListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: EventQuery): Promise<EventListReply> {
    return this.events.list(
      caller.tenantId,
      {
        types: readTypes(query.types),
        order: query.order ?? 'asc',
        from: query.from ?? null,
        to: query.to ?? null,
        customerId: query.customerId ?? null,
        subject: query.subject ?? null,
      },
      cursorUuid('evt', query),
      query.limitOrDefault(),
    );
  }

  @Get('stream')
  @Scopes('admin', 'analyst')
  @LoadClass('stream')
  @ApiOperation({
    operationId: 'streamEvents',
    summary: 'All events, live',
    description:
      'Server-sent events: what happens from now on, from a time that has passed, or since `Last-Event-ID`, without gap or repeat. `event` is the type without its `countersign.` prefix, `data` a CloudEvent. Ends when the token expires; reconnect with a new one.',
  })
  @ApiEventStream('verification.confirmed')
  @Problems('invalid-request')
  stream(
    @Caller() caller: Principal,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const filter = { types: readTypes(query.types) };
    return this.streams.open(caller, { filter, from: query.from ?? 'now' }, request, reply);
  }
}
