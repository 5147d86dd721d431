import { Body, Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Downloadable } from '../http/downloads/downloadable.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { MakeClaimDto } from './claims.dto.js';
import { ClaimReply } from './claims.reply.js';
import { ClaimsService } from './claims.service.js';

@ApiTags('Evidence')
@Controller('v1/claims')
export class ClaimsController {
  constructor(private readonly claims: ClaimsService) {}

  @Post()
  @Scopes('analyst')
  @LoadClass('bulk')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'makeClaim',
    summary: 'All that proves what the bank did for one customer in a time',
    description:
      'A zip of the evidence of each decision, the verdicts given, exactly what was shown, reports, a page to read, and a signed manifest; `countersign verify-claim FILE --keys jwks.json` checks it without this service. Never more than 5,000 events, 300 decisions or 500 reports: above that it is refused, and nothing is left out. That it was made, and each time it is taken out, is in the event log. A customer who was shredded has one as well, without personal data.',
  })
  @ApiCreatedResponse({ type: ClaimReply })
  @Problems('invalid-request', 'not-found', 'claim-too-large')
  make(@Caller() caller: Principal, @Body() body: MakeClaimDto): Promise<ClaimReply> {
    return this.claims.make(caller, body);
  }

  @Get(':claimId')
  @Scopes('analyst')
  @LoadClass('bulk')
  @Downloadable()
  @ApiParam({ name: 'claimId', description: 'Id of a claim file.', example: 'clm_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  @ApiOperation({
    operationId: 'getClaim',
    summary: 'A claim file',
    description:
      'Streamed, and put together as the events and the keys stand now; a stream that was cut off is no zip. A page opens it by `POST /v1/downloads`.',
  })
  @ApiOkResponse({
    description: 'The file.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  @Problems('not-found')
  async get(
    @Caller() caller: Principal,
    @Param('claimId') claimId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stream =
      request.method === 'HEAD' ? await this.claims.look(caller, claimId) : await this.claims.open(caller, claimId);
    void reply.headers({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${claimId}.zip"`,
      'cache-control': 'no-store',
    });
    return void reply.send(stream);
  }
}
