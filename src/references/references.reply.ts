import { ReplyField } from '../http/fields.js';

export class ReferenceReply {
  @ReplyField({ type: 'string', enum: ['call', 'change', 'callback', 'notice', 'report'] }) kind: string;
  @ReplyField({
    type: 'boolean',
    description:
      'Whether the bank stands behind it. False for what somebody asked the bank for and nothing has proved yet, for a call that somebody placed to the bank, and for one that the customer said no to.',
  })
  genuine: boolean;
  @ReplyField({ type: 'string', format: 'date-time' }) at: string;
  @ReplyField({ type: 'string', example: 'live' }) state: string;
  @ReplyField({
    type: 'string',
    description: 'To read out.',
    example: 'The bank placed this call, and it is going on now.',
  })
  summary: string;
}
