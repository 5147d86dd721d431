import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import { NeverReplayed } from '../http/idempotency/idempotency.interceptor.js';
import { CustomerSearchDto } from './agent-desk.dto.js';
import { CustomerSearchReply, CustomerSummaryReply } from './agent-desk.reply.js';
import { CustomerSearchesService } from './customer-searches.service.js';
import { SummaryService } from './summary.service.js';

@ApiTags('Customers')
@Controller('v1')
export class AgentDeskController {
  constructor(
    private readonly summaries: SummaryService,
    private readonly searches: CustomerSearchesService,
  ) {}

  @Get('customers/:customerId/summary')
  @Scopes('agent', 'supervisor', 'analyst')
  @LoadClass('interactive')
  @RateLimited('customer-lookups')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'getCustomerSummary',
    summary: 'What an agent must see before dialling',
    description:
      'Devices, lock, signals, what is under way, and the last verified contact; no phone number, and nothing that the customer wrote. That somebody read it is in the event log. `known` is false where there is no such customer. Of customers with whom an agent has no live call, claimed callback or held change, it counts as a search does: 30 a minute together; who was looked at is not counted again for ten minutes.',
  })
  @ApiOkResponse({ type: CustomerSummaryReply })
  @Problems('invalid-request')
  summary(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
  ): Promise<CustomerSummaryReply> {
    return this.summaries.read(caller, customerId);
  }

  @Post('customer-searches')
  @Scopes('agent', 'supervisor')
  @LoadClass('interactive')
  @RateLimited('customer-lookups')
  @NeverReplayed()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiBody({
    type: CustomerSearchDto,
    examples: {
      number: { summary: 'By a whole number', value: { number: '+447700900123' } },
      id: { summary: 'By a whole id', value: { customerId: 'cust-1001' } },
    },
  })
  @ApiOperation({
    operationId: 'searchCustomers',
    summary: 'Find a customer by their whole phone number, or by their id',
    description:
      'Exactly one of both. Only a number that is on file now, whole, in any way of writing it; never by a part. 30 a minute for each agent. The search is in the event log, without the number.',
  })
  @ApiOkResponse({ type: CustomerSearchReply })
  @Problems('invalid-request')
  async search(@Caller() caller: Principal, @Body() body: CustomerSearchDto): Promise<CustomerSearchReply> {
    return { data: await this.searches.search(caller, body) };
  }
}
