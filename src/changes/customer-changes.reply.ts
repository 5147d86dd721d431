import { ReplyField } from '../http/fields.js';
import { ASKED_THROUGH, CHANGE_SUBJECTS } from '../policy/policy.js';
import { CHANGE_STATUSES } from './change.policy.js';

export class CustomerChangeReply {
  @ReplyField({ type: 'string', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To say aloud.', example: '93QM-7D4F' }) reference: string;
  @ReplyField({ type: 'string', enum: CHANGE_SUBJECTS }) subject: string;
  @ReplyField({ type: 'string', enum: CHANGE_STATUSES }) status: string;
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked as the question in the app shows it; null where it was not given, or the data was destroyed.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5555' },
  })
  before: object | null;
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked as the question in the app shows it; null once the data was destroyed.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5432' },
  })
  after: object | null;
  @ReplyField({ type: 'string', enum: ASKED_THROUGH }) askedThrough: string;
  @ReplyField({ type: 'string', format: 'date-time' }) requestedAt: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    description: 'Not released before this, and later if proofs come in later.',
  })
  releaseAfter: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it lapses if it is still held.' })
  expiresAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) closedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) releasedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) disputedAt: string | null;
  @ReplyField({
    type: 'boolean',
    description:
      'Whether `POST /v1/changes/{id}/dispute` is taken: while it is held, and for 13 months after its release.',
  })
  disputable: boolean;
}

export class CustomerChangeListReply {
  @ReplyField({ type: [CustomerChangeReply], description: 'Held ones first, each part newest first.' })
  data: CustomerChangeReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}
