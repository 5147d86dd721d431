import { ReplyField } from '../http/fields.js';

export class ClaimReply {
  @ReplyField({ type: 'string', example: 'clm_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({
    type: 'string',
    format: 'uri',
    description: 'The file, for 30 days. With the token, or its path in `POST /v1/downloads`.',
    example: 'https://countersign.example/v1/claims/clm_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  url: string;
  @ReplyField({ type: 'string', format: 'date-time' }) from: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'No later than when it was made.' }) to: string;
}
