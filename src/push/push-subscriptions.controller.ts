import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import type { Principal } from '../http/access/principal.js';
import { Caller, FindsOwn, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid, PageQuery } from '../http/page.js';
import { SubscribeDto } from './push-subscriptions.dto.js';
import { PushKeyReply, PushSubscriptionListReply, PushSubscriptionReply } from './push-subscriptions.reply.js';
import { PushSubscriptionsService } from './push-subscriptions.service.js';

@ApiTags('Push')
@Controller('v1')
export class PushSubscriptionsController {
  constructor(private readonly subscriptions: PushSubscriptionsService) {}

  @Get('push-key')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @FindsOwn()
  @ApiOperation({
    operationId: 'pushKey',
    summary: 'The key by which a browser subscribes to pushes',
    description: '404 where Web Push is off.',
  })
  @ApiOkResponse({ type: PushKeyReply })
  @Problems('not-found')
  key(): PushKeyReply {
    return { publicKey: this.subscriptions.key() };
  }

  @Post('customers/:customerId/push-subscriptions')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Idempotent()
  @ApiOperation({
    operationId: 'subscribeToPushes',
    summary: 'Have an app or a browser told to open when something waits',
    description:
      'A push says `{"v":1,"do":"open"}` and nothing else; the app then lists what waits. An address is of the customer who subscribed with it last. Creates the customer where the bank has not loaded them.',
  })
  @ApiCreatedResponse({ type: PushSubscriptionReply })
  @Problems('invalid-request', 'conflict', 'push-unavailable', 'push-subscription-refused', 'push-subscription-limit')
  subscribe(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: SubscribeDto,
  ): Promise<PushSubscriptionReply> {
    return this.subscriptions.subscribe(caller, customerId, body, caller.subject);
  }

  @Get('customers/:customerId/push-subscriptions')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @ApiOperation({
    operationId: 'listPushSubscriptions',
    summary: 'What is pushed to',
    description: 'A customer whom the bank has not loaded has none.',
  })
  @ApiOkResponse({ type: PushSubscriptionListReply })
  @Problems('invalid-request')
  list(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() page: PageQuery,
  ): Promise<PushSubscriptionListReply> {
    return this.subscriptions.list(caller.tenantId, customerId, cursorUuid('psub', page), page.limitOrDefault());
  }

  @Delete('customers/:customerId/push-subscriptions/:subscriptionId')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @HttpCode(204)
  @ApiOperation({ operationId: 'unsubscribeFromPushes', summary: 'Push there no more' })
  @ApiNoContentResponse({ description: 'Removed.' })
  @Problems('not-found')
  remove(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Param('subscriptionId') subscriptionId: string,
  ): Promise<void> {
    return this.subscriptions.remove(caller.tenantId, customerId, subscriptionId, caller.subject);
  }
}
