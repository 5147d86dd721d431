import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { CustomerIdPipe } from './customer-id.pipe.js';
import { PutCustomerDto } from './customers.dto.js';
import { CustomerReply } from './customers.reply.js';
import { CustomersService } from './customers.service.js';

@ApiTags('Customers')
@Controller('v1/customers')
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  @Put(':customerId')
  @Scopes('admin')
  @ApiOperation({
    operationId: 'putCustomer',
    summary: 'Create or replace a customer',
    description:
      'A number that is replaced is kept as former, with its dates: a callback goes only to a number that was on file before.',
  })
  @ApiOkResponse({ type: CustomerReply, description: 'Replaced.' })
  @ApiCreatedResponse({ type: CustomerReply, description: 'Created.' })
  @Problems('invalid-request', 'costly-number')
  async put(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: PutCustomerDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerReply> {
    const { created, customer } = await this.customers.put(caller.tenantId, customerId, body, caller.subject);
    void reply.status(created ? 201 : 200);
    return customer;
  }

  @Get(':customerId')
  @Scopes('admin')
  @ApiOperation({ operationId: 'getCustomer', summary: 'A customer with current and former numbers' })
  @ApiOkResponse({ type: CustomerReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('customerId', CustomerIdPipe) customerId: string): Promise<CustomerReply> {
    return this.customers.get(caller, customerId);
  }

  @Delete(':customerId')
  @Scopes('admin')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'deleteCustomer',
    summary: 'Shred a customer',
    description:
      "Destroys the customer's data key, so that what is sealed under it can never be read again, also in backups. Seals over it still verify.",
  })
  @ApiNoContentResponse({ description: 'Shredded.' })
  @Problems('not-found')
  delete(@Caller() caller: Principal, @Param('customerId', CustomerIdPipe) customerId: string): Promise<void> {
    return this.customers.shred(caller.tenantId, customerId, caller.subject);
  }

  @Post(':customerId/unlock')
  @Scopes('admin')
  @Idempotent()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'unlockCustomer',
    summary: 'Unlock verifications after too many wrong codes',
    description: 'Only after the customer was reached another way.',
  })
  @ApiOkResponse({ type: CustomerReply })
  @Problems('not-found')
  unlock(@Caller() caller: Principal, @Param('customerId', CustomerIdPipe) customerId: string): Promise<CustomerReply> {
    return this.customers.unlock(caller, customerId, caller.subject);
  }
}
