import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../customers/customer-id.pipe.js';
import { ApiEventStream, EventStreams } from '../events/event-streams.js';
import { Problems } from '../http/api-problems.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { toTypeId } from '../ids/ids.js';
import { cursorUuid } from '../http/page.js';
import { AnswersService } from './answers.service.js';
import { AnswerDto, VerificationQuery } from './verifications.dto.js';
import { AnswerOutcomeReply, ShownVerificationListReply, VerificationReply } from './verifications.reply.js';
import { attemptsLeft, VerificationsService } from './verifications.service.js';
import type { VerificationRow } from './verifications.store.js';

@ApiTags('Verifications')
@Controller('v1')
export class VerificationsController {
  constructor(
    private readonly verifications: VerificationsService,
    private readonly answers: AnswersService,
    private readonly streams: EventStreams,
  ) {}

  @Get('customers/:customerId/verifications')
  @Scopes('app')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listVerifications',
    summary: "What waits for the customer's answer",
    description: 'With `?status=waiting`. Newest first. A customer whom the bank has not loaded has none.',
  })
  @ApiOkResponse({ type: ShownVerificationListReply })
  @Problems('invalid-request')
  list(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() query: VerificationQuery,
  ): Promise<ShownVerificationListReply> {
    return this.verifications.listOfCustomer(
      caller.tenantId,
      customerId,
      query.status ?? null,
      cursorUuid('ver', query),
      query.limitOrDefault(),
    );
  }

  @Get('customers/:customerId/verifications/stream')
  @Scopes('app')
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
  @Scopes('app')
  @Idempotent()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'answerVerification',
    summary: "Post the customer's signed answer",
    description:
      'What the customer saw is what they signed: change the display and the answer no longer fits. Of two racing answers one wins, and the other gets 409.',
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
  ): Promise<AnswerOutcomeReply> {
    return this.answers.answer(caller, verificationId, body.jws);
  }

  @Post('verifications/:verificationId/cancel')
  @Scopes('agent')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'cancelVerification', summary: 'Take a question back' })
  @ApiOkResponse({ type: VerificationReply })
  @Problems('not-found', 'verification-closed')
  async cancel(
    @Caller() caller: Principal,
    @Param('verificationId') verificationId: string,
  ): Promise<VerificationReply> {
    return answer(await this.verifications.cancel(caller, verificationId, caller.subject));
  }

  @Get('verifications/:verificationId')
  @Scopes('agent', 'analyst')
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
