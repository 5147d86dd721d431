import { ReplyField } from '../http/fields.js';
import { AdviceReply } from '../verifications/verifications.reply.js';
import { CHANNELS } from './channels.js';

class NoticeAccountReply {
  @ReplyField({ type: 'string', required: false, example: 'Northbank plc' }) holder?: string;
  @ReplyField({ type: 'string', required: false, example: 'GB33BUKB20201555555555' }) iban?: string;
  @ReplyField({ type: 'string', required: false, example: '20-20-15' }) sortCode?: string;
  @ReplyField({ type: 'string', required: false, example: '55555555' }) accountNumber?: string;
  @ReplyField({ type: 'string', required: false, description: 'At a building society.', example: 'B/1234567-8' })
  rollNumber?: string;
}

export class NoticeReply {
  @ReplyField({ type: 'string', example: 'ntc_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To print in the message.', example: 'RQM7-2D4F' }) reference: string;
  @ReplyField({ type: 'string', enum: CHANNELS }) channel: string;
  @ReplyField({ type: 'string', nullable: true, example: 'NORTHBANK' }) sender: string | null;
  @ReplyField({ type: 'string', example: 'We write to customers whose card is renewed this month.' }) summary: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'The whole wording.',
    example: 'Northbank: your new card is on its way. See https://northbank.example/cards. We never ask for your PIN.',
  })
  text: string | null;
  @ReplyField({
    type: [String],
    description: 'Web addresses beside those in the text.',
    example: ['https://northbank.example/cards'],
  })
  links: readonly string[];
  @ReplyField({
    type: NoticeAccountReply,
    nullable: true,
    description: 'The account that it asks customers to pay into.',
  })
  accountDetails: NoticeAccountReply | null;
  @ReplyField({ type: 'string', format: 'date-time' }) sentAt: string;
  @ReplyField({ type: 'integer', description: 'How many customers it goes to, so far.', example: 70_000 })
  recipients: number;
  @ReplyField({ type: 'string', format: 'date-time' }) registeredAt: string;
}

export class NoticeListReply {
  @ReplyField({ type: [NoticeReply], description: 'Newest first.' }) data: NoticeReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}

class NoticeDifferenceReply {
  @ReplyField({ type: 'string', enum: ['link', 'account', 'sender', 'text', 'reference'] }) field: string;
  @ReplyField({
    type: 'string',
    description:
      'Of a link: `lookalike`, `userinfo`, `host`, `added`, `unreadable`, `scheme`, `port`, `path`, `query` or `fragment`. Of an account: `number`, `roll_number`, `holder` or `added`. Of a sender: `lookalike` or `other`. Of the text: `wording`.',
    example: 'lookalike',
  })
  how: string;
  @ReplyField({
    type: 'string',
    description: 'What the customer has. Never make a link of it.',
    example: 'https://northbаnk.example/cards',
  })
  received: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'What the bank sent in its place; null where it sent nothing of the kind.',
    example: 'https://northbank.example/cards',
  })
  sent: string | null;
}

class CheckedNoticeReply {
  @ReplyField({ type: 'string', example: 'RQM7-2D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'We write to customers whose card is renewed this month.' }) summary: string;
  @ReplyField({ type: 'string', enum: CHANNELS }) channel: string;
  @ReplyField({ type: 'string', format: 'date-time' }) sentAt: string;
}

export class NoticeCheckReply {
  @ReplyField({ type: 'string', enum: ['genuine', 'altered', 'not_ours', 'unknown'] }) verdict: string;
  @ReplyField({
    type: 'string',
    enum: [
      'unavailable',
      'matches',
      'reference_only',
      'differs',
      'foreign_address',
      'lookalike_sender',
      'never_sent',
      'incomplete',
      'damaged',
      'words_not_registered',
      'nothing_fits',
    ],
  })
  reason: string;
  @ReplyField({
    type: [NoticeDifferenceReply],
    description: 'With `altered`: what is not as the bank sent it. A changed link or account is the fraud.',
  })
  differences: readonly NoticeDifferenceReply[];
  @ReplyField({
    type: CheckedNoticeReply,
    required: false,
    description: 'With `genuine` and `altered`: what the bank sent to this customer.',
  })
  notice?: CheckedNoticeReply;
  @ReplyField({ type: AdviceReply }) advice: AdviceReply;
  @ReplyField({ type: 'string', format: 'date-time' }) checkedAt: string;
}
