import { ReplyField } from '../http/fields.js';

export class CampaignNoticeReply {
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it was first reported.' }) since: string;
  @ReplyField({ type: 'integer', description: 'How many customers have reported it.', example: 214 }) customers: number;
  @ReplyField({
    type: 'string',
    description: 'One line for the customer.',
    example: 'Beware: 214 customers have reported calls from this number, the first today.',
  })
  headline: string;
}
