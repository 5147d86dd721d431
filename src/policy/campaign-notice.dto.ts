import { Answer } from '../http/fields.js';

export class CampaignNoticeAnswer {
  @Answer({ type: 'string', format: 'date-time', description: 'When it was first reported.' }) since: string;
  @Answer({ type: 'integer', description: 'How many customers have reported it.', example: 214 }) customers: number;
  @Answer({
    type: 'string',
    description: 'One line for the customer.',
    example: 'Beware: 214 customers have reported calls from this number, the first today.',
  })
  headline: string;
}
