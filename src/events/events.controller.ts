import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
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
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listEvents',
    summary: 'The event log, oldest first',
    description:
      'CloudEvents 1.0 in the order of the log. Nothing ever comes to stand before an event that was listed, so a reader that goes on after the last id misses nothing and reads nothing twice.',
  })
  @ApiOkResponse({ type: EventListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: EventQuery): Promise<EventListReply> {
    return this.events.list(
      caller.tenantId,
      { types: readTypes(query.types) },
      cursorUuid('evt', query),
      query.limitOrDefault(),
    );
  }

  @Get('stream')
  @Scopes('admin', 'analyst')
  @ApiOperation({
    operationId: 'streamEvents',
    summary: 'All events, live',
    description:
      'Server-sent events: what happens from now on, or since `Last-Event-ID`, without gap or repeat. `event` is the type without its `countersign.` prefix, `data` a CloudEvent. Ends when the token expires; reconnect with a new one.',
  })
  @ApiEventStream('verification.confirmed')
  @Problems('invalid-request')
  stream(
    @Caller() caller: Principal,
    @Query() query: StreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.streams.open(caller, { filter: { types: readTypes(query.types) }, from: 'now' }, request, reply);
  }
}
