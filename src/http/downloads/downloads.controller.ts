import { Body, Controller, Header, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Problems } from '../api-problems.js';
import { LoadClass } from '../load/load-class.js';
import type { Principal } from '../access/principal.js';
import { Caller, Scopes } from '../access/scopes.decorator.js';
import { Pattern, ReplyField } from '../fields.js';
import { NeverReplayed } from '../idempotency/idempotency.interceptor.js';
import { DownloadLinks } from './download-links.js';

export class MakeDownloadDto {
  @Pattern(/^\/v1\/[\x21-\x7e]{1,1996}$/, {
    maxLength: 2_000,
    says: 'a path and query of this API, written as a browser sends it',
    description: 'What to open: the export of reports, or evidence.',
    example: '/v1/reports/export?format=csv',
  })
  path: string;
}

export class DownloadReply {
  @ReplyField({ type: 'string', format: 'uri', description: 'Opens it once, without a token.' }) url: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'In a minute at most.' }) expiresAt: string;
}

@ApiTags('Downloads')
@Controller('v1/downloads')
export class DownloadsController {
  constructor(private readonly links: DownloadLinks) {}

  @Post()
  @Scopes('agent', 'telephony', 'analyst', 'admin')
  @LoadClass('interactive')
  @NeverReplayed()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'makeDownload',
    summary: 'A link that opens a file once',
    description:
      'For a page, which cannot send a token with a link: it opens the path as whoever made it, once, within a minute, as a download. A link that was used, is late or was altered is 404, as is one that is opened with the token of somebody else.',
  })
  @ApiCreatedResponse({ type: DownloadReply })
  @Problems('invalid-request', 'not-found', 'too-many-requests')
  async make(@Caller() caller: Principal, @Body() { path }: MakeDownloadDto): Promise<DownloadReply> {
    const { url, expiresAt } = await this.links.make(caller, path);
    return { url, expiresAt: expiresAt.toISOString() };
  }
}
