import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, FindsOwn, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { ApiEventStream, EventStreams } from '../events/event-streams.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { ShortWay } from '../http/short-way/short-way.decorator.js';
import { HearsLanguage } from '../http/hears-language.js';
import { readLanguages } from '../texts/texts.js';
import { toTypeId } from '../ids/ids.js';
import { cursorUuid } from '../http/page.js';
import { DISPLAYS } from './display.reply.js';
import { AnswersService } from './answers.service.js';
import { CustomerRelations } from './customer-relations.service.js';
import { AnswerDto, VerificationListQuery, VerificationQuery } from './verifications.dto.js';
import {
  AnswerOutcomeReply,
  ShownVerificationListReply,
  VerificationListReply,
  VerificationReply,
} from './verifications.reply.js';
import { attemptsLeft, VerificationsService } from './verifications.service.js';
import type { VerificationRow } from './verifications.store.js';

@ApiTags('Verifications')
@ApiExtraModels(...DISPLAYS)
@Controller('v1')
export class VerificationsController {
  constructor(
    private readonly verifications: VerificationsService,
    private readonly answers: AnswersService,
    private readonly streams: EventStreams,
    private readonly relations: CustomerRelations,
  ) {}

  @Get('customers/:customerId/verifications')
  @ShortWay()
  @Scopes('app', 'customer', 'agent', 'supervisor')
  @LoadClass('critical')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listVerifications',
    summary: "What waits for the customer's answer",
    description:
      'With `?status=waiting`. Newest first. A customer whom the bank has not loaded has none. An agent reads those of a customer with whom they have a live call, a claimed callback or a held change.',
  })
  @ApiOkResponse({ type: ShownVerificationListReply })
  @Problems('invalid-request', 'not-your-customer')
  async list(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() query: VerificationQuery,
  ): Promise<ShownVerificationListReply> {
    await this.relations.require(caller, customerId, 'app', 'customer');
    return this.verifications.listOfCustomer(
      caller.tenantId,
      customerId,
      query.status ?? null,
      cursorUuid('ver', query),
      query.limitOrDefault(),
    );
  }

  @Get('customers/:customerId/verifications/stream')
  @Scopes('app', 'customer')
  @LoadClass('stream')
  @ApiOperation({
    operationId: 'streamVerifications',
    summary: 'What is asked of the customer, live',
    description:
      "Server-sent events of this customer's verifications, so that an app needs no polling: open the stream, then list what waits, and list again on `verification.started`. Begins now, or after `Last-Event-ID`, without gap or repeat. Ends when the token expires.",
  })
  @ApiEventStream('verification.started')
  @Problems('invalid-request')
  stream(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.streams.open(caller, { filter: { customerId, about: ['ver'] }, from: 'now' }, request, reply);
  }

  @Post('verifications/:verificationId/answer')
  @ShortWay()
  @Scopes('app', 'customer')
  @LoadClass('critical')
  @FindsOwn()
  @Idempotent()
  @HearsLanguage()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'answerVerification',
    summary: "Post the customer's signed answer",
    description:
      'By `jws` or by `passkey`. What the customer saw is what they signed: change the display and the answer no longer fits. Of two racing answers one wins, and the other gets 409.',
  })
  @ApiOkResponse({ type: AnswerOutcomeReply })
  @Problems(
    'invalid-request',
    'not-found',
    'verification-closed',
    'call-ended',
    'conflict',
    'answer-not-accepted',
    'code-required',
    'not-a-code',
    'code-mismatch',
    'locked',
  )
  answer(
    @Caller() caller: Principal,
    @Param('verificationId') verificationId: string,
    @Body() body: AnswerDto,
    @Headers('accept-language') language: string | undefined,
  ): Promise<AnswerOutcomeReply> {
    return this.answers.answer(caller, verificationId, body, readLanguages(language));
  }

  @Post('verifications/:verificationId/cancel')
  @Scopes('agent', 'telephony', 'supervisor')
  @LoadClass('critical')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelVerification',
    summary: 'Take a question back',
    description: 'One that was asked in a call: for the agent of the call and for telephony alone.',
  })
  @ApiOkResponse({ type: VerificationReply })
  @Problems('not-your-call', 'not-found', 'verification-closed')
  async cancel(
    @Caller() caller: Principal,
    @Param('verificationId') verificationId: string,
  ): Promise<VerificationReply> {
    const by = { author: caller.subject, owner: caller.scopes.has('telephony') ? null : caller.subject };
    return answer(await this.verifications.cancel(caller, verificationId, by));
  }

  @Get('verifications')
  @Scopes('analyst', 'supervisor', 'agent')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'listAllVerifications',
    summary: 'Verifications and their outcomes, newest first',
    description: 'An agent names a customer with whom they have a live call, a claimed callback or a held change.',
  })
  @ApiOkResponse({ type: VerificationListReply })
  @Problems('invalid-request', 'not-your-customer')
  async listAll(@Caller() caller: Principal, @Query() query: VerificationListQuery): Promise<VerificationListReply> {
    await this.relations.require(caller, query.customerId ?? null, 'analyst', 'supervisor');
    const { rows, next } = await this.verifications.list(caller.tenantId, {
      customerId: query.customerId ?? null,
      status: query.status ?? null,
      before: cursorUuid('ver', query),
      limit: query.limitOrDefault(),
    });
    return { data: rows.map(answer), next };
  }

  @Get('verifications/:verificationId')
  @ShortWay()
  @Scopes('agent', 'analyst', 'supervisor')
  @LoadClass('critical')
  @ApiOperation({
    operationId: 'getVerification',
    summary: 'A verification and its outcome',
    description: 'Never the code: that is shown once, to the agent who starts it.',
  })
  @ApiOkResponse({ type: VerificationReply })
  @Problems('not-found')
  async get(@Caller() caller: Principal, @Param('verificationId') verificationId: string): Promise<VerificationReply> {
    return answer(await this.verifications.get(caller, verificationId));
  }
}

function answer(row: VerificationRow): VerificationReply {
  return {
    id: toTypeId('ver', row.id),
    kind: row.kind,
    status: row.status,
    customerId: row.customer_id,
    callId: row.call_id === null ? null : toTypeId('call', row.call_id),
    asks: row.asks,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    attemptsLeft: attemptsLeft(row),
    answer: row.answer,
    reason: row.answer_reason,
    handset: row.handset,
    findings: row.findings,
    deviceId: row.device_id === null ? null : toTypeId('dev', row.device_id),
    policyVersion: row.policy_version,
  };
}
