import { OneOf, Pattern, Text, TextList, Time } from '../http/fields.js';
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
