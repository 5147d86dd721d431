import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { ApiEventStream, EventStreams } from '../events/event-streams.js';
import { Problems } from '../http/api-problems.js';
import { Protects } from '../http/limits/held.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid, PageQuery } from '../http/page.js';
import { CallbackOutcomesService } from './callback-outcomes.service.js';
import {
  CallbackOutcomeDto,
  CallbackQuery,
  ClaimCallbackDto,
  RequestCallbackDto,
  RequestCallbackForDto,
} from './callbacks.dto.js';
import { CallbackReply, CallbackListReply, ClaimedCallbackReply } from './callbacks.reply.js';
import { CallbacksService } from './callbacks.service.js';

@ApiTags('Callbacks')
@Controller('v1')
export class CallbacksController {
  constructor(
    private readonly callbacks: CallbacksService,
    private readonly outcomes: CallbackOutcomesService,
    private readonly streams: EventStreams,
  ) {}

  @Post('customers/:customerId/callbacks')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Protects()
  @Idempotent()
  @ApiOperation({
    operationId: 'requestCallback',
    summary: 'Hang up, and we ring you back',
    description: 'Goes to a number that was on file before, never to one given now or changed recently.',
  })
  @ApiCreatedResponse({ type: CallbackReply })
  @Problems('invalid-request', 'conflict', 'no-callback-number', 'callback-outside-hours')
  request(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: RequestCallbackDto,
  ): Promise<CallbackReply> {
    return this.callbacks.request(caller, customerId, body, caller.subject);
  }

  @Get('customers/:customerId/callbacks')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @ApiOperation({
    operationId: 'listCustomerCallbacks',
    summary: 'Which callbacks the customer should expect, when and from whom',
  })
  @ApiOkResponse({ type: CallbackListReply })
  @Problems('invalid-request')
  listOfCustomer(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() query: PageQuery,
  ): Promise<CallbackListReply> {
    return this.callbacks.list(caller.tenantId, {
      status: null,
      customerId,
      externalId: null,
      externalSystem: null,
      afterId: cursorUuid('cbk', query),
      limit: query.limitOrDefault(),
    });
  }

  @Post('callbacks')
  @Scopes('agent')
  @LoadClass('interactive')
  @Idempotent()
  @ApiOperation({ operationId: 'requestCallbackFor', summary: 'Queue a callback for a customer' })
  @ApiCreatedResponse({ type: CallbackReply })
  @Problems('invalid-request', 'conflict', 'no-callback-number', 'callback-outside-hours')
  requestFor(
    @Caller() caller: Principal,
    @Body() { customerId, ...request }: RequestCallbackForDto,
  ): Promise<CallbackReply> {
    return this.callbacks.request(caller, customerId, request, caller.subject);
  }

  @Get('callbacks')
  @Scopes('agent', 'supervisor', 'analyst')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listCallbacks', summary: 'The queue of calls that the bank owes' })
  @ApiOkResponse({ type: CallbackListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: CallbackQuery): Promise<CallbackListReply> {
    return this.callbacks.list(caller.tenantId, {
      status: query.status ?? null,
      customerId: query.customerId ?? null,
      externalId: query.externalId ?? null,
      externalSystem: query.externalSystem ?? null,
      afterId: cursorUuid('cbk', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get('callbacks/stream')
  @Scopes('agent', 'supervisor', 'analyst')
  @LoadClass('stream')
  @ApiOperation({
    operationId: 'streamCallbacks',
    summary: 'What happens in the queue, live',
    description:
      'Server-sent events of all callbacks, from now on or after `Last-Event-ID`, without gap or repeat. Ends when the token expires.',
  })
  @ApiEventStream('callback.queued')
  stream(@Caller() caller: Principal, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.streams.open(caller, { filter: { about: ['cbk'] }, from: 'now' }, request, reply);
  }

  @Get('callbacks/:callbackId')
  @Scopes('agent', 'supervisor', 'analyst')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getCallback', summary: 'A callback' })
  @ApiOkResponse({ type: CallbackReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('callbackId') callbackId: string): Promise<CallbackReply> {
    return this.callbacks.get(caller, callbackId);
  }

  @Post('callbacks/:callbackId/claim')
  @Scopes('agent')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'claimCallback',
    summary: 'Take a callback: the number to dial, and a declared call with its code',
    description: 'The number is revealed to this agent alone, and that is logged. A claim lapses after ten minutes.',
  })
  @ApiOkResponse({ type: ClaimedCallbackReply })
  @Problems(
    'invalid-request',
    'not-found',
    'callback-not-due',
    'conflict',
    'same-agent',
    'no-callback-number',
    'number-at-risk',
    'line-inbound-only',
    'line-not-registered',
  )
  claim(
    @Caller() caller: Principal,
    @Param('callbackId') callbackId: string,
    @Body() body?: ClaimCallbackDto,
  ): Promise<ClaimedCallbackReply> {
    return this.callbacks.claim(caller, callbackId, {
      id: caller.subject,
      name: caller.name!,
      department: body?.department ?? caller.department,
      line: body?.line,
    });
  }

  @Post('callbacks/:callbackId/outcome')
  @Scopes('agent')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'recordCallbackOutcome', summary: 'What came of a callback' })
  @ApiOkResponse({ type: CallbackReply })
  @Problems('invalid-request', 'not-found', 'claim-lapsed', 'not-verified')
  outcome(
    @Caller() caller: Principal,
    @Param('callbackId') callbackId: string,
    @Body() body: CallbackOutcomeDto,
  ): Promise<CallbackReply> {
    return this.outcomes.record(caller, callbackId, body.result, caller.subject);
  }
}
