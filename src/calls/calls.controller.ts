import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { ApiEventStream, EVENT_STREAM_SCHEMA } from '../events/event-streams.js';
import { Problems } from '../http/api-problems.js';
import { ShortWay } from '../http/short-way/short-way.decorator.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid } from '../http/page.js';
import { invalidField } from '../refusals/refusal.js';
import { type Agent, agentOf } from './agent.policy.js';
import {
  type AgentDto,
  CallQuery,
  CallStreamQuery,
  DeclareCallDto,
  OfflineProofDto,
  TransferCallDto,
} from './calls.dto.js';
import { CallReply, CallListReply, OfflineProofReply, StartedVerificationReply } from './calls.reply.js';
import { CallsService } from './calls.service.js';
import { CallOwnershipService } from './call-ownership.service.js';
import { CallStreamService } from './call-stream.service.js';
import { OfflineProofsService } from './offline-proofs.service.js';

@ApiTags('Calls')
@Controller('v1/calls')
export class CallsController {
  constructor(
    private readonly calls: CallsService,
    private readonly ownership: CallOwnershipService,
    private readonly offline: OfflineProofsService,
    private readonly streams: CallStreamService,
  ) {}

  @Post()
  @ShortWay()
  @Scopes('agent', 'telephony', 'supervisor')
  @LoadClass('critical')
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
      channel: body.channel ?? 'phone',
      line: body.line,
      purpose: body.purpose,
      agent: requireAgent(caller, body.agent),
      verify: body.verify ?? false,
      declaredBy: caller.subject,
      external: { id: body.externalId ?? null, system: body.externalSystem ?? null },
    });
  }

  @Get()
  @Scopes('agent', 'telephony', 'analyst', 'supervisor')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'listCalls',
    summary: 'Calls, newest first',
    description:
      "An agent or supervisor sees their own and their team's, and all of a customer or an `externalId` that they name. Telephony and analysts see all.",
  })
  @ApiOkResponse({ type: CallListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: CallQuery): Promise<CallListReply> {
    return this.calls.list(caller, {
      customerId: query.customerId ?? null,
      agentId: agentNamed(caller, query.agent),
      team: query.team ?? null,
      externalId: query.externalId ?? null,
      externalSystem: query.externalSystem ?? null,
      live: query.state === undefined ? null : query.state === 'live',
      before: cursorUuid('call', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get('stream')
  @Scopes('agent', 'supervisor', 'analyst')
  @LoadClass('stream')
  @ApiOperation({
    operationId: 'streamCalls',
    summary: 'The calls of a team or of an agent, live',
    description:
      "Server-sent events of calls and of what is asked in them, alarms such as `call.relay_suspected` among them: from now on or after `Last-Event-ID`, without gap or repeat. Open it, then list the live calls with the same `team` or `agent`. With neither: one's team, or one's own where there is none. A call that is handed on is told to both sides. Ends when the token expires.",
  })
  @ApiEventStream('call.relay_suspected')
  @Problems('invalid-request', 'not-your-team')
  streamAll(
    @Caller() caller: Principal,
    @Query() query: CallStreamQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const named = { agentId: agentNamed(caller, query.agent), team: query.team ?? null };
    return this.streams.openAll(caller, named, request, reply);
  }

  @Get(':callId')
  @Scopes('agent', 'telephony', 'analyst', 'supervisor')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getCall', summary: 'A call and its newest verification' })
  @ApiOkResponse({ type: CallReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('callId') callId: string): Promise<CallReply> {
    return this.calls.get(caller, callId);
  }

  @Post(':callId/transfer')
  @Scopes('agent', 'telephony', 'supervisor')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'transferCall',
    summary: 'Hand a call to another agent',
    description:
      "It stays its agent's until the other takes it over. A later one replaces it. For its agent, telephony, and a supervisor of its team.",
  })
  @ApiOkResponse({ type: CallReply })
  @Problems('invalid-request', 'not-your-call', 'not-found', 'call-ended')
  transfer(
    @Caller() caller: Principal,
    @Param('callId') callId: string,
    @Body() body: TransferCallDto,
  ): Promise<CallReply> {
    return this.ownership.transfer(caller, callId, body.to);
  }

  @Post(':callId/take-over')
  @Scopes('agent', 'supervisor')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'takeOverCall',
    summary: 'Become the agent of a call',
    description:
      'For the agent whom it was handed to, for a supervisor of its team, and for its own agent, who so takes back what was handed over. The customer is shown the new agent from then on; a question that waits named the one before, and is cancelled.',
  })
  @ApiOkResponse({ type: CallReply })
  @Problems('not-your-call', 'not-found', 'call-ended', 'same-agent')
  takeOver(@Caller() caller: Principal, @Param('callId') callId: string): Promise<CallReply> {
    return this.ownership.takeOver(caller, callId);
  }

  @Post(':callId/verification')
  @Scopes('agent', 'telephony', 'supervisor')
  @LoadClass('critical')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'startVerification',
    summary: 'Ask the customer about this call',
    description:
      'For the agent of the call and for telephony alone. What was waiting for the customer is cancelled; their count of wrong codes goes on.',
  })
  @ApiCreatedResponse({ type: StartedVerificationReply })
  @Problems('not-your-call', 'not-found', 'call-ended', 'conflict', 'no-device', 'locked', 'push-budget')
  startVerification(@Caller() caller: Principal, @Param('callId') callId: string): Promise<StartedVerificationReply> {
    return this.calls.startVerification(caller, callId);
  }

  @Post(':callId/end')
  @Scopes('agent', 'telephony', 'supervisor')
  @LoadClass('critical')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'endCall',
    summary: 'End a call',
    description:
      'For the agent of the call and for telephony alone. What still waits for the customer in it is cancelled.',
  })
  @ApiOkResponse({ type: CallReply })
  @Problems('not-your-call', 'not-found', 'call-ended', 'conflict')
  end(@Caller() caller: Principal, @Param('callId') callId: string): Promise<CallReply> {
    return this.calls.end(caller, callId);
  }

  @Get(':callId/stream')
  @Scopes('agent', 'telephony', 'analyst', 'supervisor')
  @LoadClass('stream')
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
        schema: EVENT_STREAM_SCHEMA,
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
  @Scopes('agent', 'supervisor')
  @LoadClass('critical')
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
    'not-your-call',
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
      ? this.offline.giveBankProof(caller, callId)
      : this.offline.checkCustomerProof(caller, callId, body.customerProof);
  }
}

const MISSING = {
  id: 'must name the agent who is on the call',
  name: 'must be the name that the customer will hear',
} as const;

/** Whether the token is an agent's or a supervisor's, and speaks for them alone. */
function isPerson({ scopes }: Principal): boolean {
  return scopes.has('agent') || scopes.has('supervisor');
}

function agentNamed({ subject }: Principal, agent: string | undefined): string | null {
  return agent === 'me' ? subject : (agent ?? null);
}

/** @throws Refusal 400 where telephony names nobody. */
function requireAgent(caller: Principal, given: AgentDto | undefined): Agent {
  const { subject: id, name, department } = caller;
  const agent = agentOf(isPerson(caller) ? { id, name: name!, department } : null, given);
  if ('missing' in agent) throw invalidField(`#/agent/${agent.missing}`, MISSING[agent.missing]);
  return agent;
}
