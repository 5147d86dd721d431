import { ReplyField } from '../http/fields.js';

export class WebhookReply {
  @ReplyField({ type: 'string', example: 'whk_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', example: 'https://hooks.bank.example/countersign' }) url: string;
  @ReplyField({ type: [String], description: 'Which events.', example: ['countersign.verification.*'] })
  types: string[];
  @ReplyField({ type: 'string', nullable: true, example: 'Case management' }) description: string | null;
  @ReplyField({ type: 'string', enum: ['v1', 'v1a'] }) signature: string;
  @ReplyField({ type: 'string', nullable: true, description: 'With `v1a`: the key to verify by, `whpk_` and base64.' })
  publicKey: string | null;
  @ReplyField({ type: 'string', enum: ['active', 'disabled'] }) status: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    enum: ['operator', 'gone', 'failing', null],
    description: 'Why it is disabled: by hand, because it answered 410, or because it failed for five days.',
  })
  disabledBecause: string | null;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when every attempt has failed.',
  })
  failingSince: string | null;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'After a rotation: how long the former secret still signs beside the new one.',
  })
  previousSecretUntil: string | null;
  @ReplyField({ type: 'string', format: 'date-time' }) createdAt: string;
}

export class WebhookWithSecretReply extends WebhookReply {
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'With `v1`: the secret to verify by. It is shown this once.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  })
  secret: string | null;
}

export class WebhookListReply {
  @ReplyField({ type: [WebhookReply], description: 'Oldest first.' }) data: WebhookReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}

export class DeliveryReply {
  @ReplyField({ type: 'string', example: 'dlv_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({
    type: 'string',
    description: 'The `webhook-id`, the same in every attempt.',
    example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  eventId: string;
  @ReplyField({ type: 'string', example: 'countersign.verification.confirmed' }) type: string;
  @ReplyField({ type: 'string', enum: ['event', 'replay', 'test'] }) cause: string;
  @ReplyField({ type: 'string', enum: ['pending', 'delivered', 'exhausted', 'cancelled'] }) status: string;
  @ReplyField({ type: 'integer', description: 'How often it was tried.', example: 1 }) attempts: number;
  @ReplyField({ type: 'string', format: 'date-time' }) createdAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) lastAttemptAt: string | null;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'While it is pending; null also where an earlier one about the same subject goes first.',
  })
  nextAttemptAt: string | null;
  @ReplyField({
    type: 'integer',
    nullable: true,
    description: 'How long the last attempt took, in milliseconds.',
    example: 87,
  })
  latencyMs: number | null;
  @ReplyField({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status of the last attempt, where there was one.',
    example: 204,
  })
  responseStatus: number | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    enum: ['status', 'timeout', 'refused', 'name', 'tls', 'blocked', 'connection', null],
    description: 'Why the last attempt failed.',
  })
  failure: string | null;
}

export class DeliveryListReply {
  @ReplyField({ type: [DeliveryReply], description: 'Newest first.' }) data: DeliveryReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}

export class ReplayReply {
  @ReplyField({ type: 'integer', description: 'How many deliveries were queued.', example: 120 }) queued: number;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Where there is more: send it as `since` to go on.',
  })
  next: string | null;
}
