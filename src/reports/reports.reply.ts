import { ReplyField } from '../http/fields.js';
import { CampaignNoticeReply } from '../policy/campaign-notice.reply.js';
import { AdviceReply } from '../verifications/verifications.reply.js';
import { SHARED } from './report-advice.policy.js';
import { CHANNELS } from './reports.dto.js';

export class MadeReportReply {
  @ReplyField({ type: 'string', example: 'rpt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To say aloud.', example: 'RKQM-7D4F' }) reference: string;
  @ReplyField({ type: AdviceReply, description: 'What to do now, the most urgent first.' }) advice: AdviceReply;
  @ReplyField({ type: CampaignNoticeReply, required: false, description: 'Where it is part of a live campaign.' })
  campaign?: CampaignNoticeReply;
}

class LostReply {
  @ReplyField({ type: 'number', example: 480 }) amount: number;
  @ReplyField({ type: 'string', example: 'GBP' }) currency: string;
}

export class ReportReply {
  @ReplyField({ type: 'string', example: 'rpt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', example: 'RKQM-7D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'string', enum: CHANNELS }) channel: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'In E.164 where it can be read as a number.',
    example: '+442079460999',
  })
  claimedNumber: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'NorthBank' }) claimedSender: string | null;
  @ReplyField({ type: [String], description: 'Where its links lead, in ASCII.', example: ['secure-northbank.example'] })
  linkHosts: readonly string[];
  @ReplyField({ type: [String], enum: SHARED, isArray: true, example: ['one_time_code'] }) shared: readonly string[];
  @ReplyField({ type: LostReply, nullable: true, description: 'Null also once the customer was shredded.' })
  lost: LostReply | null;
  @ReplyField({ type: 'string', nullable: true, example: 'verdict' }) about: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) receivedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time' }) reportedAt: string;
  @ReplyField({ type: 'string', description: "Who sent it: the app's client, or the agent.", example: 'amara' })
  reportedBy: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'The campaign that it is part of.',
    example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  campaignId: string | null;
  @ReplyField({
    type: 'boolean',
    description:
      'Whether its customer counts towards the reach of a campaign: not one whom the app has only just brought up.',
    example: true,
  })
  counts: boolean;
}

export class ReportInFullReply extends ReportReply {
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'As the customer sent it. Never render it as HTML. Null once the customer was shredded.',
    example: 'NorthBank: a new payee was added.',
  })
  text: string | null;
  @ReplyField({
    type: [String],
    description: 'As the customer sent them. Never follow one.',
    example: ['https://secure-northbank.example/cancel'],
  })
  links: readonly string[];
}

export class ReportListReply {
  @ReplyField({ type: [ReportReply], description: 'Newest first.' }) data: ReportReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class CampaignReply {
  @ReplyField({ type: 'string', example: 'cmp_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', enum: ['open', 'closed'] }) state: string;
  @ReplyField({ type: [String], description: 'Claimed numbers that its reports share.', example: ['+442079460999'] })
  numbers: readonly string[];
  @ReplyField({ type: [String], description: 'Senders, in lower case.', example: ['northbank'] })
  senders: readonly string[];
  @ReplyField({
    type: [String],
    description: 'Hosts of links, and the domains above them.',
    example: ['secure-northbank.example'],
  })
  linkHosts: readonly string[];
  @ReplyField({
    type: [String],
    description:
      'Pages at hosts where everybody can have one, such as those of link shorteners. What may name a customer stands hidden after a #.',
    example: ['bit.ly/3xNrthBk'],
  })
  links: readonly string[];
  @ReplyField({ type: 'boolean', description: 'Its messages are also recognised by their wording.', example: true })
  wording: boolean;
  @ReplyField({
    type: 'integer',
    description: 'Its reach: customers who have reported it, each counted once.',
    example: 214,
  })
  customers: number;
  @ReplyField({ type: 'integer', example: 231 }) reports: number;
  @ReplyField({ type: 'integer', description: 'Reports in the last full minute.', example: 20 })
  reportsLastMinute: number;
  @ReplyField({ type: 'string', format: 'date-time' }) firstSeenAt: string;
  @ReplyField({ type: 'string', format: 'date-time' }) lastSeenAt: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    description: 'When there were enough reports to call it a campaign.',
  })
  openedAt: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When it had been quiet for as long as policy says.',
  })
  closedAt: string | null;
}

class CampaignMinuteReply {
  @ReplyField({ type: 'string', format: 'date-time', description: 'When the minute begins.' }) minute: string;
  @ReplyField({ type: 'integer', example: 20 }) reports: number;
  @ReplyField({ type: 'integer', description: 'Customers who had not reported it before.', example: 19 })
  newCustomers: number;
}

export class CampaignInFullReply extends CampaignReply {
  @ReplyField({
    type: [CampaignMinuteReply],
    description: 'Newest first, at most a day of them; a minute without a report is left out.',
  })
  minutes: readonly CampaignMinuteReply[];
}

export class CampaignListReply {
  @ReplyField({ type: [CampaignReply], description: 'The last to open first.' }) data: CampaignReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}
