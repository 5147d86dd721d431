import { ReplyField } from '../http/fields.js';

/** CloudEvents 1.0. */
export class CloudEventReply {
  @ReplyField({ type: 'string', enum: ['1.0'] }) specversion: '1.0';
  @ReplyField({ type: 'string', example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'The tenant that it is of.', example: 'urn:countersign:northbank' })
  source: string;
  @ReplyField({ type: 'string', example: 'countersign.verification.confirmed' }) type: string;
  @ReplyField({ type: 'string', description: 'The id of what it is about.', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  subject: string;
  @ReplyField({ type: 'string', format: 'date-time' }) time: string;
  @ReplyField({ type: 'string', enum: ['application/json'] }) datacontenttype: 'application/json';
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    description: 'What happened, by ids: `customerId` and `callId` where there is one, and what the type has beside.',
    example: { customerId: 'cust-1001', callId: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa', findings: [] },
  })
  data: Record<string, unknown>;
}

export class EventListReply {
  @ReplyField({ type: [CloudEventReply], description: 'In the order of the log.' }) data: CloudEventReply[];
  @ReplyField({
    type: 'string',
    nullable: true,
    description:
      'Send it as `after` for the next page. At the end of the log, send the id of the last event that you have read.',
  })
  next: string | null;
}
