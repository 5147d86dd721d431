import { ReplyField } from '../http/fields.js';

class PhoneNumberReply {
  @ReplyField({ type: 'string', example: 'ctp_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', example: '+447700900123' }) number: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'Since when it is on file.' }) since: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When it was replaced; null while it is current.',
  })
  formerFrom: string | null;
}

export class CustomerReply {
  @ReplyField({ type: 'string', example: 'cust-1001' }) id: string;
  @ReplyField({ type: 'string', nullable: true, example: 'en-GB' }) locale: string | null;
  @ReplyField({ type: [PhoneNumberReply], description: 'Current ones first, then former ones.' })
  phoneNumbers: readonly PhoneNumberReply[];
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when verifications are locked by wrong codes.',
  })
  verificationsLockedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time' }) createdAt: string;
}
