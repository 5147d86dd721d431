import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid } from '../http/page.js';
import { invalidField } from '../refusals/refusal.js';
import { type Agent, agentOf } from './agent.policy.js';
import { type AgentDto, CallQuery, DeclareCallDto, OfflineProofDto } from './calls.dto.js';
import { CallReply, CallListReply, OfflineProofReply, StartedVerificationReply } from './calls.reply.js';
import { CallsService } from './calls.service.js';
import { CallStreamService } from './call-stream.service.js';
import { OfflineProofsService } from './offline-proofs.service.js';

@ApiTags('Calls')
@Controller('v1/calls')
export class CallsController {
  constructor(
    private readonly calls: CallsService,
    private readonly offline: OfflineProofsService,
    private readonly streams: CallStreamService,
  ) {}

  @Post()
  @Scopes('agent', 'telephony')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'declareCall',
    summary: 'Declare a call that is under way',
    description:
      'Creates the customer where the bank has not loaded them. With `verify: true` the customer is asked at once, and the code for the agent to read out is in this answer alone.',
  })
  @ApiCreatedResponse({ type: CallReply })
  @Problems('invalid-request', 'line-inbound-only', 'line-not-registered', 'conflict')
  declare(@Caller() caller: Principal, @Body() body: DeclareCallDto): Promise<CallReply> {
    return this.calls.declare(caller, {
      customerId: body.customerId,
      direction: body.direction,
      line: body.line,
      purpose: body.purpose,
      agent: requireAgent(caller, body.agent),
      verify: body.verify ?? false,
      declaredBy: caller.subject,
    });
  }

  @Get()
  @Scopes('agent', 'telephony')
  @ApiOperation({ operationId: 'listCalls', summary: 'Calls, newest first' })
  @ApiOkResponse({ type: CallListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: CallQuery): Promise<CallListReply> {
    return this.calls.list(caller.tenantId, {
      customerId: query.customerId ?? null,
      live: query.state === undefined ? null : query.state === 'live',
      before: cursorUuid('call', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get(':callId')
  @Scopes('agent', 'telephony')
  @ApiOperation({ operationId: 'getCall', summary: 'A call and its newest verification' })
  @ApiOkResponse({ type: CallReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('callId') callId: string): Promise<CallReply> {
    return this.calls.get(caller, callId);
  }

  @Post(':callId/verification')
  @Scopes('agent', 'telephony')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'startVerification',
    summary: 'Ask the customer about this call',
    description: 'What was waiting for the customer is cancelled; their count of wrong codes goes on.',
  })
  @ApiCreatedResponse({ type: StartedVerificationReply })
  @Problems('not-found', 'call-ended', 'conflict', 'no-device', 'locked', 'push-budget')
  startVerification(@Caller() caller: Principal, @Param('callId') callId: string): Promise<StartedVerificationReply> {
    return this.calls.startVerification(caller, callId, caller.subject);
  }

  @Post(':callId/end')
  @Scopes('agent', 'telephony')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endCall',
    summary: 'End a call',
    description: 'What still waits for the customer in it is cancelled.',
  })
  @ApiOkResponse({ type: CallReply })
  @Problems('not-found', 'call-ended')
  end(@Caller() caller: Principal, @Param('callId') callId: string): Promise<CallReply> {
    return this.calls.end(caller, callId, caller.subject);
  }

  @Get(':callId/stream')
  @Scopes('agent', 'telephony')
  @ApiOperation({
    operationId: 'streamCall',
    summary: 'The events of a call, live',
    description:
      'Server-sent events: first what has happened in the call so far, or since `Last-Event-ID`, then what happens, without gap or repeat. `event` is the type without its `countersign.` prefix, `data` a CloudEvent. Ends when the token expires; reconnect with a new one.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The id of the last event that was read, such as evt_01jd3f6q8zfk1rz1m3v9w1c2aa.',
  })
  @ApiOkResponse({
    description: 'The stream.',
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        example: 'id: evt_01jd3f6q8zfk1rz1m3v9w1c2aa\nevent: verification.confirmed\ndata: {"specversion":"1.0",…}\n\n',
      },
    },
  })
  @Problems('malformed-request', 'not-found')
  stream(
    @Caller() caller: Principal,
    @Param('callId') callId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.streams.open(caller, callId, request, reply);
  }

  @Post(':callId/offline-proof')
  @Scopes('agent')
  @Idempotent()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiBody({
    type: OfflineProofDto,
    required: false,
    examples: {
      bankProof: { summary: "The bank's code, to read out", value: {} },
      customerProof: { summary: 'Check what the customer read out', value: { customerProof: '654321' } },
    },
  })
  @ApiOperation({
    operationId: 'offlineProof',
    summary: 'Prove by codes that need no data connection',
    description:
      "Without a body: the bank's code, to read out; the app shows the same. With `customerProof`, on a call that the customer placed: checks what they read out.",
  })
  @ApiOkResponse({ type: OfflineProofReply })
  @Problems(
    'invalid-request',
    'not-found',
    'call-ended',
    'relay-suspected',
    'conflict',
    'no-device',
    'wrong-direction',
    'offline-proof-mismatch',
    'locked',
    'too-many-requests',
  )
  offlineProof(
    @Caller() caller: Principal,
    @Param('callId') callId: string,
    @Body() body?: OfflineProofDto,
  ): Promise<OfflineProofReply> {
    return body?.customerProof === undefined
      ? this.offline.giveBankProof(caller, callId, caller.subject)
      : this.offline.checkCustomerProof(caller, callId, body.customerProof, caller.subject);
  }
}

const MISSING = {
  id: 'must name the agent who is on the call',
  name: 'must be the name that the customer will hear',
} as const;

/** @throws Refusal 400 where telephony names nobody. */
function requireAgent(caller: Principal, given: AgentDto | undefined): Agent {
  const agent = agentOf(caller.scopes.has('agent') ? { id: caller.subject, name: caller.name! } : null, given);
  if ('missing' in agent) throw invalidField(`#/agent/${agent.missing}`, MISSING[agent.missing]);
  return agent;
}
