import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { PageQuery } from '../http/page.js';
import { CustomerChangeListReply } from './customer-changes.reply.js';
import { CustomerChangesService } from './customer-changes.service.js';

@ApiTags('Detail changes')
@Controller('v1/customers/:customerId/changes')
export class CustomerChangesController {
  constructor(private readonly changes: CustomerChangesService) {}

  @Get()
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @ApiOperation({
    operationId: 'listCustomerChanges',
    summary: 'What is to change of the customer, and what may still be disputed',
    description: 'A customer whom the bank has not loaded has none.',
  })
  @ApiOkResponse({ type: CustomerChangeListReply })
  @Problems('invalid-request')
  list(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() page: PageQuery,
  ): Promise<CustomerChangeListReply> {
    return this.changes.list(caller.tenantId, customerId, page.after ?? null, page.limitOrDefault());
  }
}
