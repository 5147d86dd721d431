import { Body, Controller, Get, Header, Headers, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { Problems } from '../http/api-problems.js';
import { Protects } from '../http/limits/held.js';
import { LoadClass } from '../http/load/load-class.js';
import { Downloadable } from '../http/downloads/downloadable.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { HearsLanguage } from '../http/hears-language.js';
import { readLanguages } from '../texts/texts.js';
import { cursorUuid } from '../http/page.js';
import { EXPORT_TYPES } from './report-export.js';
import { ReportExportService } from './report-export.service.js';
import { MakeReportDto, MakeReportForDto, ReportExportQuery, ReportQuery } from './reports.dto.js';
import { MadeReportReply, ReportInFullReply, ReportListReply } from './reports.reply.js';
import { type ReportQueryValues, ReportsService } from './reports.service.js';

const DESCRIPTION =
  "Whatever waits for the customer's answer ends as `reported`, their held changes are refused, and `signals` says hold. A customer can make as many in a day as policy says.";

@ApiTags('Reports')
@Controller('v1')
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly exports: ReportExportService,
  ) {}

  @Post('customers/:customerId/reports')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Protects()
  @Idempotent()
  @HearsLanguage()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'makeReport',
    summary: 'Somebody claimed to be my bank',
    description: `${DESCRIPTION} Straight from a verdict it takes one step: \`{ "channel": "call", "claimedNumber": …, "about": "verdict" }\`.`,
  })
  @ApiCreatedResponse({ type: MadeReportReply })
  @Problems('invalid-request', 'conflict', 'report-limit')
  make(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: MakeReportDto,
    @Headers('accept-language') language: string | undefined,
  ): Promise<MadeReportReply> {
    return this.reports.report(caller, customerId, body, {
      subject: caller.subject,
      isAgent: false,
      languages: readLanguages(language),
    });
  }

  @Post('reports')
  @Scopes('agent')
  @LoadClass('interactive')
  @Protects()
  @Idempotent()
  @HearsLanguage()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'makeReportFor',
    summary: "Take a customer's report on the phone",
    description: DESCRIPTION,
  })
  @ApiCreatedResponse({ type: MadeReportReply })
  @Problems('invalid-request', 'conflict', 'report-limit')
  makeFor(
    @Caller() caller: Principal,
    @Body() { customerId, ...report }: MakeReportForDto,
    @Headers('accept-language') language: string | undefined,
  ): Promise<MadeReportReply> {
    return this.reports.report(caller, customerId, report, {
      subject: caller.subject,
      isAgent: true,
      languages: readLanguages(language),
    });
  }

  @Get('reports')
  @Scopes('analyst')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listReports', summary: 'Reports, newest first' })
  @ApiOkResponse({ type: ReportListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: ReportQuery): Promise<ReportListReply> {
    return this.reports.list(caller.tenantId, valuesOf(query), cursorUuid('rpt', query), query.limitOrDefault());
  }

  @Get('reports/export')
  @Scopes('analyst')
  @LoadClass('bulk')
  @Downloadable()
  @ApiOperation({
    operationId: 'exportReports',
    summary: 'Reports for the police and for number-blocking lists, streamed',
    description:
      'Oldest first, as they stand when the export begins. Holds nothing about the customers who reported. In CSV whatever a spreadsheet could take for a formula has an apostrophe before it: at the beginning of a cell, also a number in E.164, and after each semicolon, comma, tab, bar or line break within one. `bom=true` puts a byte order mark first, by which Excel knows UTF-8. NDJSON has every value as it is.',
  })
  @ApiOkResponse({
    description: 'The reports.',
    content: { 'text/csv': { schema: { type: 'string' } }, 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  @Problems('invalid-request')
  async export(
    @Caller() caller: Principal,
    @Query() query: ReportExportQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const format = query.format ?? 'csv';
    const stream =
      request.method === 'HEAD'
        ? ''
        : await this.exports.stream(caller.tenantId, { format, byteOrderMark: query.bom === 'true' }, valuesOf(query));
    void reply.headers({
      'content-type': EXPORT_TYPES[format],
      'content-disposition': `attachment; filename="reports.${format}"`,
      'cache-control': 'no-store',
    });
    return void reply.send(stream);
  }

  @Get('reports/:reportId')
  @Scopes('analyst')
  @LoadClass('interactive')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'getReport', summary: 'A report with its text' })
  @ApiOkResponse({ type: ReportInFullReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('reportId') reportId: string): Promise<ReportInFullReply> {
    return this.reports.get(caller.tenantId, reportId);
  }
}

function valuesOf(query: ReportExportQuery | ReportQuery): ReportQueryValues {
  return {
    campaign: query.campaign ?? null,
    number: query.number ?? null,
    customerId: 'customerId' in query ? (query.customerId ?? null) : null,
    from: query.from ?? null,
    to: query.to ?? null,
  };
}
