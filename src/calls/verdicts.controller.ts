import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import { Idempotent, NeverReplayed } from '../http/idempotency/idempotency.interceptor.js';
import { ShortWay } from '../http/short-way/short-way.decorator.js';
import { HearsLanguage } from '../http/hears-language.js';
import { readLanguages } from '../texts/texts.js';
import { CustomerRelations } from '../verifications/customer-relations.service.js';
import { AskVerdictDto } from './calls.dto.js';
import { SignalsReply, VerdictReply } from './calls.reply.js';
import { VerdictFeedbackDto } from './verdict-feedback.dto.js';
import { VerdictFeedbackService } from './verdict-feedback.service.js';
import { VerdictsService } from './verdicts.service.js';

@ApiTags('Verdicts')
@Controller('v1/customers/:customerId')
export class VerdictsController {
  constructor(
    private readonly verdicts: VerdictsService,
    private readonly relations: CustomerRelations,
    private readonly feedback: VerdictFeedbackService,
  ) {}

  @Post('call-verdicts')
  @ShortWay()
  @Scopes('app', 'customer')
  @LoadClass('critical')
  @RateLimited('verdicts')
  @NeverReplayed()
  @HearsLanguage()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'askVerdict',
    summary: 'Is this call really my bank?',
    description:
      '`legitimate` only from a live, declared call to this customer. Whatever is broken, the answer is `unknown`. Always fresh: an Idempotency-Key does not replay a verdict, because an old green one would be wrong.',
  })
  @ApiOkResponse({ type: VerdictReply })
  @Problems('invalid-request')
  ask(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: AskVerdictDto,
    @Headers('accept-language') language: string | undefined,
  ): Promise<VerdictReply> {
    return this.verdicts.ask(caller.tenantId, customerId, body, readLanguages(language));
  }

  @Post('call-verdicts/:verdictId/feedback')
  @Scopes('app', 'customer')
  @LoadClass('bulk')
  @Idempotent()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'giveVerdictFeedback',
    summary: 'Tell what became of a verdict',
    description:
      'Once, within a day: what the customer saw or did, and how long the handset waited by its own account. It changes no verdict and holds no payment.',
  })
  @ApiNoContentResponse({ description: 'Taken.' })
  @Problems('invalid-request', 'not-found', 'feedback-given')
  giveFeedback(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Param('verdictId') verdictId: string,
    @Body() body: VerdictFeedbackDto,
  ): Promise<void> {
    return this.feedback.give(caller, customerId, verdictId, body);
  }

  @Get('signals')
  @Scopes('app', 'customer', 'analyst', 'agent', 'supervisor')
  @LoadClass('critical')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getSignals',
    summary: 'Should a payment be held?',
    description:
      'From verdicts, denials, suspected relays and reports of the last 24 hours, or as long as policy says. An agent reads those of a customer with whom they have a live call, a claimed callback or a held change.',
  })
  @ApiOkResponse({ type: SignalsReply })
  @Problems('invalid-request', 'not-your-customer')
  async signals(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
  ): Promise<SignalsReply> {
    await this.relations.require(caller, customerId, 'app', 'customer', 'analyst');
    return this.verdicts.signals(caller.tenantId, customerId);
  }
}
