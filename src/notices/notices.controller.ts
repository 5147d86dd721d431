import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Lookups } from '../agent-desk/lookups.service.js';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import { Idempotent, NeverReplayed } from '../http/idempotency/idempotency.interceptor.js';
import { ImportReply } from '../http/import.reply.js';
import { NdjsonImport, NdjsonLines } from '../http/ndjson.js';
import type { NdjsonLine } from '../database/line-import.js';
import { cursorUuid } from '../http/page.js';
import { HearsLanguage } from '../http/hears-language.js';
import { readLanguages } from '../texts/texts.js';
import { NoticeChecksService } from './notice-checks.service.js';
import { CheckNoticeDto, NoticeQuery, RegisterNoticeDto } from './notices.dto.js';
import { NoticeReply, NoticeCheckReply, NoticeListReply } from './notices.reply.js';
import { NoticesService } from './notices.service.js';

@ApiTags('Notices')
@Controller('v1')
export class NoticesController {
  constructor(
    private readonly notices: NoticesService,
    private readonly checks: NoticeChecksService,
    private readonly lookups: Lookups,
  ) {}

  @Post('notices')
  @Scopes('admin')
  @LoadClass('interactive')
  @Idempotent()
  @ApiOperation({
    operationId: 'registerNotice',
    summary: 'Register a message that the bank sends',
    description:
      'Register it before it goes out, with the wording, links and account that go to everybody, so that a recipient can check what arrives. It cannot be changed afterwards.',
  })
  @ApiCreatedResponse({ type: NoticeReply })
  @Problems('invalid-request', 'account-not-valid')
  register(@Caller() caller: Principal, @Body() body: RegisterNoticeDto): Promise<NoticeReply> {
    return this.notices.register(caller, body, caller.subject);
  }

  @Get('notices')
  @Scopes('admin', 'analyst')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listNotices', summary: 'What the bank sends' })
  @ApiOkResponse({ type: NoticeListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: NoticeQuery): Promise<NoticeListReply> {
    return this.notices.list(caller.tenantId, {
      channel: query.channel ?? null,
      afterId: cursorUuid('ntc', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get('notices/:noticeId')
  @Scopes('admin', 'analyst')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getNotice', summary: 'A message that the bank sends, and to how many customers' })
  @ApiOkResponse({ type: NoticeReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('noticeId') noticeId: string): Promise<NoticeReply> {
    return this.notices.get(caller.tenantId, noticeId);
  }

  @Post('notices/:noticeId/recipients')
  @Scopes('admin')
  @LoadClass('bulk')
  @HttpCode(200)
  @NdjsonImport({
    description:
      'A customer a line: `{"customerId":"…"}`, or the id alone as a JSON string. At most 64 MB, 4 kB a line, and ten minutes a request; at least 1 kB a second.',
    example: '{"customerId":"cust-1001"}\n"cust-1002"\n',
  })
  @ApiOperation({
    operationId: 'importNoticeRecipients',
    summary: 'To whom a message goes: any number of customers',
    description:
      'Streamed. A line that is malformed is named, and the rest is taken. Customers who are there already do no harm, so an import that was cut off is sent again.',
  })
  @ApiOkResponse({ type: ImportReply })
  @Problems('not-found', 'import-too-large')
  importRecipients(
    @Caller() caller: Principal,
    @Param('noticeId') noticeId: string,
    @NdjsonLines() lines: AsyncIterable<NdjsonLine[]>,
  ): Promise<ImportReply> {
    return this.notices.importRecipients(caller.tenantId, noticeId, lines, caller.subject);
  }

  @Post('customers/:customerId/notice-checks')
  @Scopes('app', 'customer', 'agent')
  @LoadClass('critical')
  @RateLimited('notice-checks')
  @NeverReplayed()
  @HearsLanguage()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'checkNotice',
    summary: 'Is this message really from my bank?',
    description:
      "`genuine` only where the bank sent it to this customer and nothing in it differs. `altered`: a copy of such a message, with what was changed. `not_ours`: it poses as the bank's, or leads elsewhere. Whatever is broken, and whatever went to somebody else, is `unknown`. Give the whole message: a link alone is not enough. An agent asks on behalf of a customer, and is named in the log; of customers with whom they have nothing to do it counts as a search does.",
  })
  @ApiOkResponse({ type: NoticeCheckReply })
  @Problems('invalid-request')
  async check(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: CheckNoticeDto,
    @Headers('accept-language') language: string | undefined,
  ): Promise<NoticeCheckReply> {
    await this.lookups.spend(caller, customerId);
    return this.checks.check(caller.tenantId, customerId, body, {
      languages: readLanguages(language),
      agentId: caller.scopes.has('agent') ? caller.subject : null,
    });
  }
}
