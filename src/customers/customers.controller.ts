import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { PatchCustomerDto, PutCustomerDto } from './customers.dto.js';
import { CustomerReply } from './customers.reply.js';
import { CustomersService } from './customers.service.js';

@ApiTags('Customers')
@Controller('v1/customers')
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  @Put(':customerId')
  @Scopes('admin')
  @LoadClass('interactive')
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

  @Patch(':customerId')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({
    operationId: 'patchCustomer',
    summary: 'Change what is given of a customer',
    description:
      'What is left out stays as it is. `phoneNumbers` is the whole list, as with PUT: one that is not in it becomes former. Nobody is created.',
  })
  @ApiOkResponse({ type: CustomerReply })
  @Problems('invalid-request', 'not-found', 'costly-number')
  patch(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: PatchCustomerDto,
  ): Promise<CustomerReply> {
    return this.customers.patch(caller.tenantId, customerId, body, caller.subject);
  }

  @Get(':customerId')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getCustomer', summary: 'A customer with current and former numbers' })
  @ApiOkResponse({ type: CustomerReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('customerId', CustomerIdPipe) customerId: string): Promise<CustomerReply> {
    return this.customers.get(caller, customerId);
  }

  @Delete(':customerId')
  @Scopes('admin')
  @LoadClass('interactive')
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
  @LoadClass('interactive')
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
