import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { ImportReply } from '../http/import.reply.js';
import { NdjsonImport, NdjsonLines } from '../http/ndjson.js';
import type { NdjsonLine } from '../database/line-import.js';
import { CallRecordQuery, CoverageQuery } from './coverage.dto.js';
import { CoverageReply, RecordedCallListReply } from './coverage.reply.js';
import { CoverageService } from './coverage.service.js';

@ApiTags('Coverage')
@Controller('v1')
export class CoverageController {
  constructor(private readonly coverage: CoverageService) {}

  @Post('call-records')
  @Scopes('telephony', 'admin')
  @LoadClass('bulk')
  @HttpCode(200)
  @NdjsonImport({
    description:
      'A call a line: `{ recordId, direction: "outbound"|"inbound", line, dialled?, startedAt, endedAt?, team? }`. The number that was dialled is hashed at once, compared, and kept in no form; one that cannot be read is nobody\'s. At most 64 MB, 4 kB a line, and ten minutes a request; at least 1 kB a second.',
    example:
      '{"recordId":"pbx-7-412","direction":"outbound","line":"+442079460100","dialled":"+447700900123","startedAt":"2026-12-01T09:00:00Z","endedAt":"2026-12-01T09:03:10Z","team":"Collections"}\n',
  })
  @ApiOperation({
    operationId: 'importCallRecords',
    summary: 'What the telephone system itself says that it dialled',
    description:
      'Streamed. A line that is malformed is named, and the rest is taken. A record that is there already does no harm.',
  })
  @ApiOkResponse({ type: ImportReply })
  @Problems('import-too-large')
  importRecords(@Caller() caller: Principal, @NdjsonLines() lines: AsyncIterable<NdjsonLine[]>): Promise<ImportReply> {
    return this.coverage.importRecords(caller.tenantId, lines);
  }

  @Get('call-records')
  @Scopes('admin', 'analyst')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listCallRecords', summary: 'Outbound calls, and which were never declared' })
  @ApiOkResponse({ type: RecordedCallListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: CallRecordQuery): Promise<RecordedCallListReply> {
    return this.coverage.list(caller.tenantId, {
      ...query,
      declared: query.declared === undefined ? undefined : query.declared === 'true',
      limit: query.limitOrDefault(),
    });
  }

  @Get('coverage')
  @Scopes('admin', 'analyst')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'getCoverage',
    summary: "How many of the bank's own calls were declared",
    description:
      "A genuine call that was not declared teaches customers to ignore the check. An event tells when the share falls under policy's floor.",
  })
  @ApiOkResponse({ type: CoverageReply })
  @Problems('invalid-request')
  read(@Caller() caller: Principal, @Query() query: CoverageQuery): Promise<CoverageReply> {
    return this.coverage.read(caller.tenantId, { ...query, by: query.by ?? 'line' });
  }
}
