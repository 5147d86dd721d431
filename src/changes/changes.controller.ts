import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, FindsOwn, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { Problems } from '../http/api-problems.js';
import { Protects } from '../http/limits/held.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid } from '../http/page.js';
import { ChangeDecisionsService } from './change-decisions.service.js';
import { ChangeQuery, LetterCodeDto, RequestChangeDto } from './changes.dto.js';
import { AcceptedLetterReply, ChangeReply, ChangeListReply, LetterReply } from './changes.reply.js';
import { ChangesService } from './changes.service.js';
import { LettersService } from './letters.service.js';

@ApiTags('Detail changes')
@Controller('v1')
export class ChangesController {
  constructor(
    private readonly changes: ChangesService,
    private readonly decisions: ChangeDecisionsService,
    private readonly letters: LettersService,
  ) {}

  @Post('changes')
  @Scopes('agent', 'admin')
  @LoadClass('interactive')
  @Idempotent()
  @ApiOperation({
    operationId: 'requestChange',
    summary: 'Ask for a change of banking details',
    description:
      'Held until every proof that policy asks for is in and the cooling-off time has passed. The question in the app and the callback begin by themselves. A change that is edited is a new change.',
  })
  @ApiCreatedResponse({ type: ChangeReply })
  @Problems('invalid-request', 'conflict', 'account-not-valid', 'nothing-changes', 'callback-outside-hours')
  request(@Caller() caller: Principal, @Body() body: RequestChangeDto): Promise<ChangeReply> {
    return this.changes.request(caller, body, caller.subject);
  }

  @Get('changes')
  @Scopes('agent', 'admin', 'supervisor', 'analyst')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listChanges', summary: 'Changes, newest first' })
  @ApiOkResponse({ type: ChangeListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: ChangeQuery): Promise<ChangeListReply> {
    return this.changes.list(caller.tenantId, {
      status: query.status ?? null,
      customerId: query.customerId ?? null,
      externalId: query.externalId ?? null,
      externalSystem: query.externalSystem ?? null,
      before: cursorUuid('chg', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get('changes/:changeId')
  @Scopes('agent', 'admin', 'supervisor', 'analyst')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getChange', summary: 'A change, its proofs, and when it will be released' })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.changes.get(caller, changeId);
  }

  @Post('changes/:changeId/withdraw')
  @Scopes('agent', 'admin')
  @LoadClass('interactive')
  @Protects()
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'withdrawChange', summary: 'Take a held change back' })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found', 'change-closed')
  withdraw(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.decisions.withdraw(caller, changeId, caller.subject);
  }

  @Post('changes/:changeId/approve')
  @Scopes('agent')
  @LoadClass('critical')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveChange',
    summary: 'Approve as the second agent',
    description: 'Never the agent who asked for the change, nor the one who rang the customer back.',
  })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found', 'change-closed', 'same-agent')
  approve(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.decisions.approve(caller, changeId, caller.subject);
  }

  @Post('changes/:changeId/ask')
  @Scopes('agent', 'admin')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'askAboutChange',
    summary: 'Ask the customer in the app again',
    description: 'Where the first question lapsed or could not be asked.',
  })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found', 'change-closed', 'conflict', 'no-device', 'locked', 'push-budget')
  ask(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.changes.askAgain(caller, changeId, caller.subject);
  }

  @Post('changes/:changeId/callback')
  @Scopes('agent', 'admin')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'callBackAboutChange',
    summary: 'Queue another callback',
    description: 'Where the one before ended without a result.',
  })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found', 'change-closed', 'conflict', 'no-callback-number', 'callback-outside-hours')
  callBack(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.changes.callAgain(caller, changeId, caller.subject);
  }

  @Post('changes/:changeId/letter')
  @Scopes('agent', 'admin')
  @LoadClass('interactive')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'issueLetter',
    summary: 'The code to print on a letter, once',
    description:
      'Post it to the address that was on file before the change was asked for. An earlier letter is void from now on.',
  })
  @ApiCreatedResponse({ type: LetterReply })
  @Problems('not-found', 'change-closed', 'letter-not-needed')
  issueLetter(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<LetterReply> {
    return this.letters.issue(caller, changeId, caller.subject);
  }

  @Post('customers/:customerId/letters')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Protects()
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({ operationId: 'useLetter', summary: 'Enter the code of a letter' })
  @ApiOkResponse({ type: AcceptedLetterReply })
  @Problems('invalid-request', 'letter-code-mismatch', 'not-a-code')
  useLetter(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: LetterCodeDto,
  ): Promise<AcceptedLetterReply> {
    return this.letters.accept(caller, customerId, body.code);
  }

  @Post('changes/:changeId/dispute')
  @Scopes('app', 'customer')
  @LoadClass('critical')
  @FindsOwn()
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'disputeChange',
    summary: 'The customer says: this was not me',
    description:
      'During the hold it refuses the change. After release, within 13 months, it marks the change as disputed. A dispute always wins.',
  })
  @ApiOkResponse({ type: ChangeReply })
  @Problems('not-found', 'change-closed')
  dispute(@Caller() caller: Principal, @Param('changeId') changeId: string): Promise<ChangeReply> {
    return this.decisions.dispute(caller, changeId);
  }
}
