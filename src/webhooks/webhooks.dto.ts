import { Answer, OneOf, Pattern, Text, TextList, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';

const TYPES = {
  optional: true,
  minItems: 1,
  maxItems: 50,
  maxLength: 90,
  pattern: /^(\*|countersign\.[a-z_]{1,40}\.([a-z_]{1,40}|\*))$/,
  description: 'Which events; `countersign.call.*` stands for all of a kind, `*` for all.',
  example: ['countersign.verification.*', 'countersign.change.released'],
};
const URL_OPTIONS = {
  maxLength: 500,
  says: 'an https URL',
  description: 'Where to post to. https; http in development only.',
  example: 'https://hooks.bank.example/countersign',
};
const URL_PATTERN = /^https?:\/\/[\x21-\x7e]+$/;
const DESCRIPTION = { maxLength: 140, optional: true, description: 'What it is for.', example: 'Case management' };

export class CreateWebhookDto {
  @Pattern(URL_PATTERN, URL_OPTIONS) url: string;
  @TextList(TYPES) types?: string[];
  @Text(DESCRIPTION) description?: string;
  @OneOf(['v1', 'v1a'], {
    optional: true,
    description: 'How it is signed: HMAC-SHA-256 with a shared secret, or Ed25519. `v1` by default.',
    example: 'v1',
  })
  signature?: 'v1' | 'v1a';
}

export class ChangeWebhookDto {
  @Pattern(URL_PATTERN, { ...URL_OPTIONS, optional: true }) url?: string;
  @TextList(TYPES) types?: string[];
  @Text(DESCRIPTION) description?: string;
  @OneOf(['active', 'disabled'], {
    optional: true,
    description: '`disabled` cancels what waits. What happens until it is `active` again can be replayed.',
    example: 'active',
  })
  status?: 'active' | 'disabled';
}

export class ReplayWebhookDto {
  @Time({
    description: 'Events of this time and later are delivered again, with the same ids.',
    example: '2026-01-31T09:30:00Z',
  })
  since: string;
}

export class DeliveryQuery extends PageQuery {
  @OneOf(['pending', 'delivered', 'exhausted', 'cancelled'], {
    optional: true,
    description: 'Only deliveries of this status.',
  })
  status?: string;
}

export class WebhookAnswer {
  @Answer({ type: 'string', example: 'whk_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', example: 'https://hooks.bank.example/countersign' }) url: string;
  @Answer({ type: [String], description: 'Which events.', example: ['countersign.verification.*'] }) types: string[];
  @Answer({ type: 'string', nullable: true, example: 'Case management' }) description: string | null;
  @Answer({ type: 'string', enum: ['v1', 'v1a'] }) signature: string;
  @Answer({ type: 'string', nullable: true, description: 'With `v1a`: the key to verify by, `whpk_` and base64.' })
  publicKey: string | null;
  @Answer({ type: 'string', enum: ['active', 'disabled'] }) status: string;
  @Answer({
    type: 'string',
    nullable: true,
    enum: ['operator', 'gone', 'failing', null],
    description: 'Why it is disabled: by hand, because it answered 410, or because it failed for five days.',
  })
  disabledBecause: string | null;
  @Answer({ type: 'string', format: 'date-time', nullable: true, description: 'Since when every attempt has failed.' })
  failingSince: string | null;
  @Answer({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'After a rotation: how long the former secret still signs beside the new one.',
  })
  previousSecretUntil: string | null;
  @Answer({ type: 'string', format: 'date-time' }) createdAt: string;
}

export class WebhookWithSecretAnswer extends WebhookAnswer {
  @Answer({
    type: 'string',
    nullable: true,
    description: 'With `v1`: the secret to verify by. It is shown this once.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  })
  secret: string | null;
}

export class WebhookListAnswer {
  @Answer({ type: [WebhookAnswer], description: 'Oldest first.' }) data: WebhookAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}

export class DeliveryAnswer {
  @Answer({ type: 'string', example: 'dlv_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({
    type: 'string',
    description: 'The `webhook-id`, the same in every attempt.',
    example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  eventId: string;
  @Answer({ type: 'string', example: 'countersign.verification.confirmed' }) type: string;
  @Answer({ type: 'string', enum: ['event', 'replay', 'test'] }) cause: string;
  @Answer({ type: 'string', enum: ['pending', 'delivered', 'exhausted', 'cancelled'] }) status: string;
  @Answer({ type: 'integer', description: 'How often it was tried.', example: 1 }) attempts: number;
  @Answer({ type: 'string', format: 'date-time' }) createdAt: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) lastAttemptAt: string | null;
  @Answer({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'While it is pending; null also where an earlier one about the same subject goes first.',
  })
  nextAttemptAt: string | null;
  @Answer({
    type: 'integer',
    nullable: true,
    description: 'How long the last attempt took, in milliseconds.',
    example: 87,
  })
  latencyMs: number | null;
  @Answer({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status of the last attempt, where there was one.',
    example: 204,
  })
  responseStatus: number | null;
  @Answer({
    type: 'string',
    nullable: true,
    enum: ['status', 'timeout', 'refused', 'name', 'tls', 'blocked', 'connection', null],
    description: 'Why the last attempt failed.',
  })
  failure: string | null;
}

export class DeliveryListAnswer {
  @Answer({ type: [DeliveryAnswer], description: 'Newest first.' }) data: DeliveryAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}

export class ReplayAnswer {
  @Answer({ type: 'integer', description: 'How many deliveries were queued.', example: 120 }) queued: number;
  @Answer({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Where there is more: send it as `since` to go on.',
  })
  next: string | null;
}
