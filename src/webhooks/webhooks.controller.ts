import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent } from '../http/idempotency/idempotency.interceptor.js';
import { toTypeId } from '../ids/ids.js';
import { cursorUuid, PageQuery } from '../http/page.js';
import type { DeliveryRow } from './deliveries.store.js';
import { ChangeWebhookDto, CreateWebhookDto, DeliveryQuery, ReplayWebhookDto } from './webhooks.dto.js';
import {
  DeliveryReply,
  DeliveryListReply,
  ReplayReply,
  WebhookReply,
  WebhookListReply,
  WebhookWithSecretReply,
} from './webhooks.reply.js';
import { type MadeSecret, WebhooksService } from './webhooks.service.js';
import type { WebhookRow } from './webhooks.store.js';

@ApiTags('Webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @Scopes('admin')
  @LoadClass('interactive')
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'createWebhook',
    summary: 'Have events posted to an address',
    description:
      'Standard Webhooks 1.0, with CloudEvents 1.0 as bodies. The secret is in this answer alone. Events of this moment and later are delivered at least once, in order for what they are about.',
  })
  @ApiCreatedResponse({ type: WebhookWithSecretReply })
  @Problems('invalid-request', 'webhook-limit', 'webhook-url-refused')
  async create(@Caller() caller: Principal, @Body() body: CreateWebhookDto): Promise<WebhookWithSecretReply> {
    return this.withSecret(
      caller,
      await this.webhooks.create(
        caller,
        {
          url: body.url,
          description: body.description ?? null,
          types: body.types ?? ['*'],
          signature: body.signature ?? 'v1',
        },
        caller.subject,
      ),
    );
  }

  @Get()
  @Scopes('admin')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listWebhooks', summary: 'Webhooks' })
  @ApiOkResponse({ type: WebhookListReply })
  @Problems('invalid-request')
  async list(@Caller() caller: Principal, @Query() query: PageQuery): Promise<WebhookListReply> {
    const { rows, more } = await this.webhooks.list(caller.tenantId, cursorUuid('whk', query), query.limitOrDefault());
    const data = rows.map((row) => this.answer(caller, row));
    return { data, next: more ? data.at(-1)!.id : null };
  }

  @Get(':webhookId')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getWebhook', summary: 'A webhook, without its secret' })
  @ApiOkResponse({ type: WebhookReply })
  @Problems('not-found')
  async get(@Caller() caller: Principal, @Param('webhookId') webhookId: string): Promise<WebhookReply> {
    return this.answer(caller, await this.webhooks.get(caller.tenantId, webhookId));
  }

  @Patch(':webhookId')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'changeWebhook', summary: 'Change, disable or enable a webhook' })
  @ApiOkResponse({ type: WebhookReply })
  @Problems('invalid-request', 'not-found', 'webhook-url-refused')
  async change(
    @Caller() caller: Principal,
    @Param('webhookId') webhookId: string,
    @Body() body: ChangeWebhookDto,
  ): Promise<WebhookReply> {
    return this.answer(caller, await this.webhooks.change(caller.tenantId, webhookId, body, caller.subject));
  }

  @Delete(':webhookId')
  @Scopes('admin')
  @LoadClass('interactive')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteWebhook', summary: 'Delete a webhook and what waits for it' })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @Problems('not-found')
  delete(@Caller() caller: Principal, @Param('webhookId') webhookId: string): Promise<void> {
    return this.webhooks.remove(caller.tenantId, webhookId, caller.subject);
  }

  @Post(':webhookId/rotate')
  @Scopes('admin')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'rotateWebhookSecret',
    summary: 'Make a new secret',
    description: 'For 24 hours each delivery carries two signatures, by the new secret and by the former one.',
  })
  @ApiOkResponse({ type: WebhookWithSecretReply })
  @Problems('not-found', 'conflict')
  async rotate(@Caller() caller: Principal, @Param('webhookId') webhookId: string): Promise<WebhookWithSecretReply> {
    return this.withSecret(caller, await this.webhooks.rotate(caller, webhookId, caller.subject));
  }

  @Post(':webhookId/test')
  @Scopes('admin')
  @LoadClass('interactive')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'testWebhook',
    summary: 'Send a test event to this webhook alone',
    description: 'Its type is `countersign.webhook.test`; see the deliveries for what came of it.',
  })
  @ApiAcceptedResponse({ type: DeliveryReply })
  @Problems('not-found', 'webhook-disabled')
  async test(@Caller() caller: Principal, @Param('webhookId') webhookId: string): Promise<DeliveryReply> {
    return delivery(await this.webhooks.test(caller, webhookId));
  }

  @Get(':webhookId/deliveries')
  @Scopes('admin')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'listDeliveries',
    summary: 'What was and will be delivered',
    description: 'Kept for 30 days after the last attempt. Bodies of answers are never kept.',
  })
  @ApiOkResponse({ type: DeliveryListReply })
  @Problems('invalid-request', 'not-found')
  async deliveries(
    @Caller() caller: Principal,
    @Param('webhookId') webhookId: string,
    @Query() query: DeliveryQuery,
  ): Promise<DeliveryListReply> {
    const { rows, more } = await this.webhooks.deliveries(caller.tenantId, webhookId, {
      status: query.status ?? null,
      after: cursorUuid('dlv', query),
      limit: query.limitOrDefault(),
    });
    const data = rows.map(delivery);
    return { data, next: more ? data.at(-1)!.id : null };
  }

  @Post(':webhookId/replay')
  @Scopes('admin')
  @LoadClass('bulk')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'replayWebhook',
    summary: 'Deliver again what happened since a time',
    description:
      'With the same `webhook-id` as before, so that a receiver can tell what it has had. At most 20,000 events in one request; `next` says where to go on.',
  })
  @ApiAcceptedResponse({ type: ReplayReply })
  @Problems('invalid-request', 'not-found', 'webhook-disabled')
  async replay(
    @Caller() caller: Principal,
    @Param('webhookId') webhookId: string,
    @Body() body: ReplayWebhookDto,
  ): Promise<ReplayReply> {
    const { queued, next } = await this.webhooks.replay(caller, webhookId, new Date(body.since));
    return { queued, next: next?.toISOString() ?? null };
  }

  private answer(caller: Principal, row: WebhookRow): WebhookReply {
    return {
      id: toTypeId('whk', row.id),
      url: row.url,
      types: row.types,
      description: row.description,
      signature: row.signature,
      publicKey: this.webhooks.publicKeyOf(caller.tenantId, row),
      status: row.status,
      disabledBecause: row.disabled_because,
      failingSince: row.failing_since?.toISOString() ?? null,
      previousSecretUntil: row.previous_secret_until?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(),
    };
  }

  private withSecret(caller: Principal, { row, verifier }: MadeSecret): WebhookWithSecretReply {
    return { ...this.answer(caller, row), secret: row.signature === 'v1' ? verifier : null };
  }
}

function delivery(row: DeliveryRow): DeliveryReply {
  return {
    id: toTypeId('dlv', row.id),
    eventId: toTypeId('evt', row.event_id),
    type: row.event_type,
    cause: row.cause,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    latencyMs: row.latency_ms,
    responseStatus: row.response_status,
    failure: row.failure,
  };
}
