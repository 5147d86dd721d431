import { ForeignText, Nested, OneOf, Pattern, Text, TextList, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { type Channel, CHANNELS } from './channels.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

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
