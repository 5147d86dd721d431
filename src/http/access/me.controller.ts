import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MayDo } from './may-do.js';
import { MeReply } from './me.reply.js';
import { type Principal, SCOPES } from './principal.js';
import { Caller, FindsOwn, Scopes } from './scopes.decorator.js';
import { LoadClass } from '../load/load-class.js';

@ApiTags('Access')
@Controller('v1/me')
export class MeController {
  constructor(private readonly mayDo: MayDo) {}

  @Get()
  @Scopes(...SCOPES)
  @LoadClass('critical')
  @FindsOwn()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getMe',
    summary: 'Who and where am I',
    description: 'What the access token says, as this service reads it, and what it opens.',
  })
  @ApiOkResponse({ type: MeReply })
  get(@Caller() caller: Principal): MeReply {
    const { tenantId, subject, name, scopes, department, locale, customerId, expiresAt } = caller;
    return {
      tenant: tenantId,
      subject,
      name,
      scopes: [...scopes],
      team: department,
      locale,
      ...(customerId === undefined ? {} : { customerId }),
      operations: this.mayDo.operationsOf(caller),
      expiresAt: expiresAt.toISOString(),
    };
  }
}
