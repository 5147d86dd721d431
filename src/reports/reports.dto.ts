import {
  Amount,
  Answer,
  ForeignText,
  ForeignTextList,
  Nested,
  OneOf,
  Pattern,
  TextList,
  Time,
} from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CampaignNoticeAnswer } from '../policy/campaign-notice.dto.js';
import { AdviceAnswer } from '../verifications/verifications.dto.js';
import { type Shared, SHARED } from './report-advice.policy.js';
import { EXPORT_FORMATS, type ExportFormat } from './report-export.js';

const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
const ABOUT = /^((call|chg|ver)_[0-7][0-9a-hjkmnp-tv-z]{25}|verdict)$/;
const CAMPAIGN = /^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
export const CHANNELS = ['call', 'sms', 'email', 'letter', 'other'] as const;

class LostDto {
  @Amount({ min: 0, max: 1e12, description: 'How much.', example: 480 }) amount: number;
  @Pattern(/^[A-Z]{3}$/, {
    maxLength: 3,
    says: 'an ISO 4217 code such as GBP',
    description: 'ISO 4217.',
    example: 'GBP',
  })
  currency: string;
}

export class MakeReportDto {
  @OneOf(CHANNELS, { description: 'How it reached the customer.', example: 'call' }) channel: string;
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: 'The number that it came from, or that it asked to ring, as the phone showed it.',
    example: '+442079460999',
  })
  claimedNumber?: string;
  @ForeignText({
    maxLength: 256,
    optional: true,
    description: 'The sender as the message showed it.',
    example: 'NorthBank',
  })
  claimedSender?: string;
  @ForeignText({
    maxLength: 20_000,
    optional: true,
    description: 'What it said, in any script and as it came. Sealed; compared with others by its wording.',
    example: 'NorthBank: a new payee was added. If this was not you, visit https://secure-northbank.example/cancel',
  })
  text?: string;
  @ForeignTextList({
    maxItems: 20,
    maxLength: 4_096,
    optional: true,
    description: 'Links in it; those in the text are found.',
    example: ['https://secure-northbank.example/cancel'],
  })
  links?: string[];
  @Time({ optional: true, description: 'When it came.', example: '2026-01-31T09:30:00Z' }) receivedAt?: string;
  @TextList({
    maxItems: SHARED.length,
    maxLength: 20,
    optional: true,
    pattern: new RegExp(`^(${SHARED.join('|')})$`),
    description: 'What the customer gave away or did. The advice fits it.',
    example: ['one_time_code'],
  })
  shared?: Shared[];
  @Nested(() => LostDto, { optional: true, description: 'What the customer lost. Sealed.' }) lost?: LostDto;
  @Pattern(ABOUT, {
    maxLength: 40,
    optional: true,
    says: 'the id of a call, a change or a verification, or "verdict"',
    description:
      "The call, change or verification that it is about; `verdict` for a report straight from a verdict. It is kept where it is this customer's own, and else dropped without a word.",
    example: 'verdict',
  })
  about?: string;
}

export class MakeReportForDto extends MakeReportDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
}

export class ReportQuery extends PageQuery {
  @Pattern(CAMPAIGN, {
    maxLength: 40,
    optional: true,
    says: 'the id of a campaign',
    description: "Only this campaign's.",
    example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  campaign?: string;
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: 'Only those with this claimed number.',
    example: '+442079460999',
  })
  number?: string;
  @Time({ optional: true, description: 'Reported at this time or later.', example: '2026-01-31T00:00:00Z' })
  from?: string;
  @Time({ optional: true, description: 'Reported before this time.', example: '2026-02-01T00:00:00Z' }) to?: string;
}

export class ReportExportQuery {
  @OneOf(EXPORT_FORMATS, { optional: true, description: 'CSV by RFC 4180, or one JSON object a line.', example: 'csv' })
  format?: ExportFormat;
  @OneOf(['true', 'false'], {
    optional: true,
    description: '`true`: CSV begins with a byte order mark, by which Excel knows UTF-8.',
    example: 'false',
  })
  bom?: 'true' | 'false';
  @Pattern(CAMPAIGN, {
    maxLength: 40,
    optional: true,
    says: 'the id of a campaign',
    description: "Only this campaign's.",
    example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  campaign?: string;
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: 'Only those with this claimed number.',
    example: '+442079460999',
  })
  number?: string;
  @Time({ optional: true, description: 'Reported at this time or later.', example: '2026-01-31T00:00:00Z' })
  from?: string;
  @Time({ optional: true, description: 'Reported before this time.', example: '2026-02-01T00:00:00Z' }) to?: string;
}

export class CampaignQuery extends PageQuery {
  @OneOf(['open', 'closed'], { optional: true, description: 'Only those in this state.', example: 'open' }) state?:
    'open' | 'closed';
}

export class MadeReportAnswer {
  @Answer({ type: 'string', example: 'rpt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'To say aloud.', example: 'RKQM-7D4F' }) reference: string;
  @Answer({ type: AdviceAnswer, description: 'What to do now, the most urgent first.' }) advice: AdviceAnswer;
  @Answer({ type: CampaignNoticeAnswer, required: false, description: 'Where it is part of a live campaign.' })
  campaign?: CampaignNoticeAnswer;
}

class LostAnswer {
  @Answer({ type: 'number', example: 480 }) amount: number;
  @Answer({ type: 'string', example: 'GBP' }) currency: string;
}

export class ReportAnswer {
  @Answer({ type: 'string', example: 'rpt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', example: 'RKQM-7D4F' }) reference: string;
  @Answer({ type: 'string', example: 'cust-1001' }) customerId: string;
  @Answer({ type: 'string', enum: CHANNELS }) channel: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'In E.164 where it can be read as a number.',
    example: '+442079460999',
  })
  claimedNumber: string | null;
  @Answer({ type: 'string', nullable: true, example: 'NorthBank' }) claimedSender: string | null;
  @Answer({ type: [String], description: 'Where its links lead, in ASCII.', example: ['secure-northbank.example'] })
  linkHosts: readonly string[];
  @Answer({ type: [String], enum: SHARED, isArray: true, example: ['one_time_code'] }) shared: readonly string[];
  @Answer({ type: LostAnswer, nullable: true, description: 'Null also once the customer was shredded.' })
  lost: LostAnswer | null;
  @Answer({ type: 'string', nullable: true, example: 'verdict' }) about: string | null;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) receivedAt: string | null;
  @Answer({ type: 'string', format: 'date-time' }) reportedAt: string;
  @Answer({ type: 'string', description: "Who sent it: the app's client, or the agent.", example: 'amara' })
  reportedBy: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'The campaign that it is part of.',
    example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  campaignId: string | null;
  @Answer({
    type: 'boolean',
    description:
      'Whether its customer counts towards the reach of a campaign: not one whom the app has only just brought up.',
    example: true,
  })
  counts: boolean;
}

export class ReportInFullAnswer extends ReportAnswer {
  @Answer({
    type: 'string',
    nullable: true,
    description: 'As the customer sent it. Never render it as HTML. Null once the customer was shredded.',
    example: 'NorthBank: a new payee was added.',
  })
  text: string | null;
  @Answer({
    type: [String],
    description: 'As the customer sent them. Never follow one.',
    example: ['https://secure-northbank.example/cancel'],
  })
  links: readonly string[];
}

export class ReportListAnswer {
  @Answer({ type: [ReportAnswer], description: 'Newest first.' }) data: ReportAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class CampaignAnswer {
  @Answer({ type: 'string', example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', enum: ['open', 'closed'] }) state: string;
  @Answer({ type: [String], description: 'Claimed numbers that its reports share.', example: ['+442079460999'] })
  numbers: readonly string[];
  @Answer({ type: [String], description: 'Senders, in lower case.', example: ['northbank'] })
  senders: readonly string[];
  @Answer({
    type: [String],
    description: 'Hosts of links, and the domains above them.',
    example: ['secure-northbank.example'],
  })
  linkHosts: readonly string[];
  @Answer({
    type: [String],
    description:
      'Pages at hosts where everybody can have one, such as those of link shorteners. What may name a customer stands hidden after a #.',
    example: ['bit.ly/3xNrthBk'],
  })
  links: readonly string[];
  @Answer({ type: 'boolean', description: 'Its messages are also recognised by their wording.', example: true })
  wording: boolean;
  @Answer({
    type: 'integer',
    description: 'Its reach: customers who have reported it, each counted once.',
    example: 214,
  })
  customers: number;
  @Answer({ type: 'integer', example: 231 }) reports: number;
  @Answer({ type: 'integer', description: 'Reports in the last full minute.', example: 20 }) reportsLastMinute: number;
  @Answer({ type: 'string', format: 'date-time' }) firstSeenAt: string;
  @Answer({ type: 'string', format: 'date-time' }) lastSeenAt: string;
  @Answer({ type: 'string', format: 'date-time', description: 'When there were enough reports to call it a campaign.' })
  openedAt: string;
  @Answer({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When it had been quiet for as long as policy says.',
  })
  closedAt: string | null;
}

class CampaignMinuteAnswer {
  @Answer({ type: 'string', format: 'date-time', description: 'When the minute begins.' }) minute: string;
  @Answer({ type: 'integer', example: 20 }) reports: number;
  @Answer({ type: 'integer', description: 'Customers who had not reported it before.', example: 19 })
  newCustomers: number;
}

export class CampaignInFullAnswer extends CampaignAnswer {
  @Answer({
    type: [CampaignMinuteAnswer],
    description: 'Newest first, at most a day of them; a minute without a report is left out.',
  })
  minutes: readonly CampaignMinuteAnswer[];
}

export class CampaignListAnswer {
  @Answer({ type: [CampaignAnswer], description: 'The last to open first.' }) data: CampaignAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}
