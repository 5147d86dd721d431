import { Body, Controller, Get, Headers, Param, Put, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { PageQuery } from '../http/page.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import { PolicyDocumentDto } from './policy.dto.js';
import { PolicyHistoryReply, PolicyReply, PolicyVersionReply } from './policy.reply.js';
import { PolicyService, type PolicyVersion } from './policy.service.js';

@ApiTags('Policy')
@Controller('v1/policy')
export class PolicyController {
  constructor(private readonly policies: PolicyService) {}

  @Get()
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getPolicy', summary: 'The policy in force' })
  @ApiOkResponse({
    type: PolicyReply,
    headers: { ETag: { schema: { type: 'string' }, description: 'Send it in If-Match to change the policy.' } },
  })
  async get(@Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<PolicyReply> {
    return answer(await this.policies.current(caller.tenantId), reply);
  }

  @Get('versions')
  @Scopes('admin')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'listPolicyVersions',
    summary: 'Who changed the policy, when, and what',
    description: 'Newest first, by field with the value before and after. Every version is kept.',
  })
  @ApiOkResponse({ type: PolicyHistoryReply })
  @Problems('invalid-request')
  history(@Caller() caller: Principal, @Query() query: PageQuery): Promise<PolicyHistoryReply> {
    const before = query.after === undefined ? null : versionIn(query.after);
    if (Number.isNaN(before)) throw invalidField('#/after', 'must be the `next` of the page before');
    return this.policies.history(caller.tenantId, before, query.limitOrDefault());
  }

  @Get('versions/:version')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiParam({ name: 'version', description: 'Its number; 0 is the defaults.', example: '2' })
  @ApiOperation({
    operationId: 'getPolicyVersion',
    summary: 'An earlier version of the policy',
    description: 'As it would hold now: what it left out takes the default of today.',
  })
  @ApiOkResponse({ type: PolicyVersionReply })
  @Problems('not-found')
  async version(@Caller() caller: Principal, @Param('version') version: string): Promise<PolicyVersionReply> {
    const number = versionIn(version);
    if (Number.isNaN(number)) throw new Refusal('not-found');
    const { changedBy, ...found } = await this.policies.version(caller.tenantId, number);
    return { ...replyOf(found), changedBy };
  }

  @Put()
  @Scopes('admin')
  @LoadClass('interactive')
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
  return replyOf({ version, policy, changedAt });
}

function replyOf({ version, policy, changedAt }: PolicyVersion): PolicyReply {
  return { version, changedAt: changedAt?.toISOString() ?? null, ...policy } as unknown as PolicyReply;
}

/** The number of a version as it stands in an address, or NaN. */
function versionIn(text: string): number {
  return /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : NaN;
}
