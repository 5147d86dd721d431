import { Amount, ForeignText, ForeignTextList, Nested, OneOf, Pattern, TextList, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { type Shared, SHARED } from './report-advice.policy.js';
import { EXPORT_FORMATS, type ExportFormat } from './report-export.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

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
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's.",
    example: 'cust-1001',
  })
  customerId?: string;
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
