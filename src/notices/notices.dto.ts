import { Answer, ForeignText, Nested, OneOf, Pattern, Text, TextList, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { AdviceAnswer } from '../verifications/verifications.dto.js';
import { type Channel, CHANNELS } from './channels.js';

const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** What customers paste is read as it comes: direction marks, zero-width characters and half characters are part of the disguise. */
const ANYTHING = /^[\s\S]*$/;

class NoticeAccountDto {
  @Text({ maxLength: 140, optional: true, description: 'In whose name.', example: 'Northbank plc' }) holder?: string;
  @ForeignText({
    maxLength: 100,
    optional: true,
    description: 'IBAN; else `sortCode` and `accountNumber`.',
    example: 'GB33BUKB20201555555555',
  })
  iban?: string;
  @ForeignText({ maxLength: 40, optional: true, description: 'UK sort code.' }) sortCode?: string;
  @ForeignText({ maxLength: 40, optional: true, description: 'UK account number.' }) accountNumber?: string;
  @ForeignText({ maxLength: 60, optional: true, description: 'At a building society: the roll number beside them.' })
  rollNumber?: string;
}

export class RegisterNoticeDto {
  @OneOf(CHANNELS, { description: 'How it goes out.', example: 'sms' }) channel: Channel;
  @Text({
    maxLength: 200,
    optional: true,
    description: 'As customers see it: a sender id, a number, an e-mail address.',
    example: 'NORTHBANK',
  })
  sender?: string;
  @Text({
    maxLength: 280,
    description:
      'What it is about, without personal data: it is shown to recipients and read out to whoever gives the reference.',
    example: 'We write to customers whose card is renewed this month.',
  })
  summary: string;
  @Text({
    maxLength: 20_000,
    multiline: true,
    optional: true,
    description: 'The whole wording, as it goes out to everybody. Without it a check cannot compare words.',
    example: 'Northbank: your new card is on its way. See https://northbank.example/cards. We never ask for your PIN.',
  })
  text?: string;
  @TextList({
    maxItems: 20,
    maxLength: 2_000,
    optional: true,
    description: 'Web addresses in it that do not stand in the text, such as those behind buttons.',
    example: ['https://northbank.example/cards'],
  })
  links?: string[];
  @Nested(() => NoticeAccountDto, { optional: true, description: 'The account that it asks customers to pay into.' })
  accountDetails?: NoticeAccountDto;
  @Time({ description: 'When it goes out.', example: '2026-12-01T09:00:00Z' }) sentAt: string;
  @TextList({
    maxItems: 500,
    maxLength: 64,
    pattern: CUSTOMER_ID,
    optional: true,
    description: 'The first recipients; more go to `/recipients`.',
    example: ['cust-1001'],
  })
  recipients?: string[];
}

export class NoticeQuery extends PageQuery {
  @OneOf(CHANNELS, { optional: true, description: 'Only those that go out this way.', example: 'sms' })
  channel?: string;
}

class TypedAccountDto {
  @Pattern(ANYTHING, {
    maxLength: 280,
    optional: true,
    says: 'a text',
    description: 'In whose name.',
    example: 'Northbank plc',
  })
  holder?: string;
  @Pattern(ANYTHING, {
    maxLength: 100,
    optional: true,
    says: 'a text',
    description: 'IBAN, right or wrong.',
    example: 'GB33BUKB20201555555555',
  })
  iban?: string;
  @Pattern(ANYTHING, { maxLength: 40, optional: true, says: 'a text', description: 'Sort code.' }) sortCode?: string;
  @Pattern(ANYTHING, { maxLength: 40, optional: true, says: 'a text', description: 'Account number.' })
  accountNumber?: string;
  @Pattern(ANYTHING, { maxLength: 100, optional: true, says: 'a text', description: 'Roll number.' })
  rollNumber?: string;
}

export class CheckNoticeDto {
  @Pattern(ANYTHING, {
    maxLength: 64,
    optional: true,
    says: 'a text',
    description: 'The reference in the message.',
    example: 'RQM7-2D4F',
  })
  reference?: string;
  @Pattern(ANYTHING, {
    maxLength: 320,
    optional: true,
    says: 'a text',
    description: 'Who it says it is from.',
    example: 'NORTHBANK',
  })
  sender?: string;
  @Pattern(ANYTHING, {
    maxLength: 65_536,
    optional: true,
    says: 'a text',
    description: 'The whole wording, as it came.',
    example: 'Northbank: your new card is on its way. See https://northbank.example/cards. We never ask for your PIN.',
  })
  text?: string;
  @TextList({
    maxItems: 50,
    maxLength: 4_000,
    pattern: ANYTHING,
    optional: true,
    description: 'Where its links lead, as they came.',
    example: ['https://northbank.example/cards'],
  })
  links?: string[];
  @Nested(() => TypedAccountDto, { optional: true, description: 'The account that it asks the customer to pay into.' })
  accountDetails?: TypedAccountDto;
  @Time({ optional: true, description: 'When it came.', example: '2026-12-01T09:02:00Z' }) receivedAt?: string;
}

class NoticeAccountAnswer {
  @Answer({ type: 'string', required: false, example: 'Northbank plc' }) holder?: string;
  @Answer({ type: 'string', required: false, example: 'GB33BUKB20201555555555' }) iban?: string;
  @Answer({ type: 'string', required: false, example: '20-20-15' }) sortCode?: string;
  @Answer({ type: 'string', required: false, example: '55555555' }) accountNumber?: string;
  @Answer({ type: 'string', required: false, description: 'At a building society.', example: 'B/1234567-8' })
  rollNumber?: string;
}

export class NoticeAnswer {
  @Answer({ type: 'string', example: 'ntc_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'To print in the message.', example: 'RQM7-2D4F' }) reference: string;
  @Answer({ type: 'string', enum: CHANNELS }) channel: string;
  @Answer({ type: 'string', nullable: true, example: 'NORTHBANK' }) sender: string | null;
  @Answer({ type: 'string', example: 'We write to customers whose card is renewed this month.' }) summary: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'The whole wording.',
    example: 'Northbank: your new card is on its way. See https://northbank.example/cards. We never ask for your PIN.',
  })
  text: string | null;
  @Answer({
    type: [String],
    description: 'Web addresses beside those in the text.',
    example: ['https://northbank.example/cards'],
  })
  links: readonly string[];
  @Answer({ type: NoticeAccountAnswer, nullable: true, description: 'The account that it asks customers to pay into.' })
  accountDetails: NoticeAccountAnswer | null;
  @Answer({ type: 'string', format: 'date-time' }) sentAt: string;
  @Answer({ type: 'integer', description: 'How many customers it goes to, so far.', example: 70_000 })
  recipients: number;
  @Answer({ type: 'string', format: 'date-time' }) registeredAt: string;
}

export class NoticeListAnswer {
  @Answer({ type: [NoticeAnswer], description: 'Newest first.' }) data: NoticeAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}

class NoticeDifferenceAnswer {
  @Answer({ type: 'string', enum: ['link', 'account', 'sender', 'text', 'reference'] }) field: string;
  @Answer({
    type: 'string',
    description:
      'Of a link: `lookalike`, `userinfo`, `host`, `added`, `unreadable`, `scheme`, `port`, `path`, `query` or `fragment`. Of an account: `number`, `roll_number`, `holder` or `added`. Of a sender: `lookalike` or `other`. Of the text: `wording`.',
    example: 'lookalike',
  })
  how: string;
  @Answer({
    type: 'string',
    description: 'What the customer has. Never make a link of it.',
    example: 'https://northbаnk.example/cards',
  })
  received: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'What the bank sent in its place; null where it sent nothing of the kind.',
    example: 'https://northbank.example/cards',
  })
  sent: string | null;
}

class CheckedNoticeAnswer {
  @Answer({ type: 'string', example: 'RQM7-2D4F' }) reference: string;
  @Answer({ type: 'string', example: 'We write to customers whose card is renewed this month.' }) summary: string;
  @Answer({ type: 'string', enum: CHANNELS }) channel: string;
  @Answer({ type: 'string', format: 'date-time' }) sentAt: string;
}

export class NoticeCheckAnswer {
  @Answer({ type: 'string', enum: ['genuine', 'altered', 'not_ours', 'unknown'] }) verdict: string;
  @Answer({
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
  @Answer({
    type: [NoticeDifferenceAnswer],
    description: 'With `altered`: what is not as the bank sent it. A changed link or account is the fraud.',
  })
  differences: readonly NoticeDifferenceAnswer[];
  @Answer({
    type: CheckedNoticeAnswer,
    required: false,
    description: 'With `genuine` and `altered`: what the bank sent to this customer.',
  })
  notice?: CheckedNoticeAnswer;
  @Answer({ type: AdviceAnswer }) advice: AdviceAnswer;
  @Answer({ type: 'string', format: 'date-time' }) checkedAt: string;
}
