import { ReplyField } from '../http/fields.js';
import { PUSH_KINDS } from './push-transport.js';

export class PushSubscriptionReply {
  @ReplyField({ type: 'string', example: 'psub_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', enum: PUSH_KINDS }) kind: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it was last subscribed.' }) createdAt: string;
}

export class PushSubscriptionListReply {
  @ReplyField({ type: [PushSubscriptionReply], description: 'Oldest first, without addresses and keys.' })
  data: PushSubscriptionReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class PushKeyReply {
  @ReplyField({
    type: 'string',
    description: 'For `applicationServerKey` of `PushManager.subscribe()`: P-256, uncompressed, base64url (RFC 8292).',
    example: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
  publicKey: string;
}
