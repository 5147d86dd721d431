import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../customers/customer-id.pipe.js';
import { Problems } from '../http/api-problems.js';
import { NeverReplayed } from '../http/idempotency/idempotency.interceptor.js';
import { AskVerdictDto } from './calls.dto.js';
import { SignalsReply, VerdictReply } from './calls.reply.js';
import { VerdictsService } from './verdicts.service.js';

@ApiTags('Verdicts')
@Controller('v1/customers/:customerId')
export class VerdictsController {
  constructor(private readonly verdicts: VerdictsService) {}

  @Post('call-verdicts')
  @Scopes('app')
  @NeverReplayed()
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
  ): Promise<VerdictReply> {
    return this.verdicts.ask(caller.tenantId, customerId, body);
  }

  @Get('signals')
  @Scopes('app', 'analyst')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getSignals',
    summary: 'Should a payment be held?',
    description:
      'From verdicts, denials, suspected relays and reports of the last 24 hours, or as long as policy says.',
  })
  @ApiOkResponse({ type: SignalsReply })
  @Problems('invalid-request')
  signals(@Caller() caller: Principal, @Param('customerId', CustomerIdPipe) customerId: string): Promise<SignalsReply> {
    return this.verdicts.signals(caller.tenantId, customerId);
  }
}
