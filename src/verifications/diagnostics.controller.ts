import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { ReplyField } from '../http/fields.js';
import { type Check, CHECKS } from './diagnosis.policy.js';
import { DiagnosticsService } from './diagnostics.service.js';

const NAMES = Object.keys(CHECKS) as Check[];

class DiagnosisReply {
  @ReplyField({ type: 'string', example: 'trc_01jd3f6q8zfk1rz1m3v9w1c2aa' }) traceId: string;
  @ReplyField({ type: 'string', enum: ['answer-not-accepted'] }) problem: 'answer-not-accepted';
  @ReplyField({ type: 'string', description: 'Of which verification.', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  verificationId: string;
  @ReplyField({ type: 'string', enum: NAMES, description: 'The first check that failed.', example: 'display' })
  check: Check;
  @ReplyField({ type: 'string', description: 'What was wrong, and what to do.' }) explanation: string;
  @ReplyField({ type: 'string', format: 'date-time' }) at: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'Kept until then.' }) expiresAt: string;
}

@ApiTags('Verifications')
@Controller('v1/diagnostics')
export class DiagnosticsController {
  constructor(private readonly diagnostics: DiagnosticsService) {}

  @Get(':traceId')
  @Scopes('app', 'admin')
  @LoadClass('interactive')
  @RateLimited('diagnostics')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getDiagnosis',
    summary: 'Why a signed answer was not accepted',
    description:
      'For whoever develops an app: under the `traceId` of `answer-not-accepted`, for ten minutes. There is one in development, and where a tenant says `diagnostics` in TENANTS; in production there is none by default.',
  })
  @ApiOkResponse({ type: DiagnosisReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('traceId') traceId: string): Promise<DiagnosisReply> {
    return this.diagnostics.find(caller.tenantId, traceId);
  }
}
