import { Body, Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { Refusal } from '../refusals/refusal.js';
import { PolicyDocumentDto } from './policy.dto.js';
import { PolicyReply } from './policy.reply.js';
import { PolicyService, type PolicyVersion } from './policy.service.js';

@ApiTags('Policy')
@Controller('v1/policy')
export class PolicyController {
  constructor(private readonly policies: PolicyService) {}

  @Get()
  @Scopes('admin')
  @ApiOperation({ operationId: 'getPolicy', summary: 'The policy in force' })
  @ApiOkResponse({
    type: PolicyReply,
    headers: { ETag: { schema: { type: 'string' }, description: 'Send it in If-Match to change the policy.' } },
  })
  async get(@Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<PolicyReply> {
    return answer(await this.policies.current(caller.tenantId), reply);
  }

  @Put()
  @Scopes('admin')
  @ApiOperation({
    operationId: 'putPolicy',
    summary: 'Replace the policy',
    description: 'Sections and values that are left out take their safe defaults.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: true,
    description: 'The ETag of the policy that this replaces.',
    example: '"0"',
  })
  @ApiOkResponse({ type: PolicyReply, headers: { ETag: { schema: { type: 'string' } } } })
  @Problems('invalid-request', 'precondition-failed', 'precondition-required')
  async put(
    @Caller() caller: Principal,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: PolicyDocumentDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PolicyReply> {
    if (ifMatch === undefined) throw new Refusal('precondition-required');
    const version = /^"(\d{1,9})"$/.exec(ifMatch)?.[1];
    if (version === undefined) throw new Refusal('precondition-failed');
    return answer(await this.policies.replace(caller.tenantId, Number(version), body, caller.subject), reply);
  }
}

function answer({ version, policy, changedAt }: PolicyVersion, reply: FastifyReply): PolicyReply {
  void reply.header('etag', `"${version}"`);
  return { version, changedAt: changedAt?.toISOString() ?? null, ...policy } as unknown as PolicyReply;
}
