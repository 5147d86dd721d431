import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Downloadable } from '../http/downloads/downloadable.js';
import { EvidenceService } from './evidence.service.js';
import { evidencePage, PAGE_POLICY } from './evidence-page.js';

@ApiTags('Evidence')
@Controller('v1/evidence')
export class EvidenceController {
  constructor(private readonly evidence: EvidenceService) {}

  @Get(':subjectId')
  @Scopes('analyst', 'admin')
  @LoadClass('bulk')
  @Downloadable()
  @ApiParam({
    name: 'subjectId',
    description: 'Id of a verification or of a change.',
    example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  @ApiOperation({
    operationId: 'getEvidence',
    summary: 'What proves what was shown, asked, answered and decided',
    description:
      'A compact JWS (`typ: "evidence+jws"`, EdDSA) that verifies without this service: `npx countersign verify-evidence FILE --keys jwks.json`. With `Accept: text/html`, a page of the same to read and to print. After a customer is shredded it holds no personal data, and its proofs still verify.',
  })
  @ApiOkResponse({
    content: {
      'application/jose': { schema: { type: 'string', pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$' } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  @Problems('not-found')
  async get(
    @Caller() caller: Principal,
    @Param('subjectId') subjectId: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { jws, evidence } = await this.evidence.produce(caller.tenantId, subjectId);
    void reply.headers({ 'cache-control': 'no-store', vary: 'Accept' });
    if (request.headers.accept?.includes('text/html')) {
      void reply.headers({ 'content-security-policy': PAGE_POLICY }).type('text/html; charset=utf-8');
      return evidencePage(evidence);
    }
    void reply
      .headers({ 'content-disposition': `attachment; filename="${evidence.subject}.evidence.jws"` })
      .type('application/jose');
    return jws;
  }
}
