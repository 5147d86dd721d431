import {
  Answer,
  Country,
  Locale,
  Nested,
  NestedList,
  OneOf,
  Pattern,
  Text,
  TextList,
  TimeZone,
  Whole,
  WholeList,
} from '../http/fields.js';
import { ADVICE_CODES } from './advice.policy.js';
import {
  ASKED_THROUGH,
  type AskedThrough,
  CHANGE_SUBJECTS,
  type ChangeSubject,
  DEFAULT_POLICY,
  type Proof,
} from './policy.js';

const DAY = 86_400;

class VerificationPolicyDto {
  @Whole({ min: 30, max: 600, optional: true, description: 'How long a customer has to answer.', example: 120 })
  lifetimeSeconds?: number;
}

class AttemptsPolicyDto {
  @Whole({
    min: 3,
    max: 10,
    optional: true,
    description: "Wrong codes in a row that lock a customer's verifications.",
    example: 5,
  })
  codeFailures?: number;
}

class PushBudgetPolicyDto {
  @Whole({ min: 1, max: 20, optional: true, description: 'Questions to one customer in a minute.', example: 5 })
  perMinute?: number;
  @Whole({
    min: 5,
    max: 100,
    optional: true,
    description: 'Questions to one customer since the last one they confirmed.',
    example: 20,
  })
  sinceConfirmed?: number;
}

class CallPolicyDto {
  @Whole({
    min: 60,
    max: 14_400,
    optional: true,
    description: 'After how long a live call ends by itself.',
    example: 7200,
  })
  lifetimeSeconds?: number;
}

class DevicePolicyDto {
  @Whole({
    min: 0,
    max: 30 * DAY,
    optional: true,
    description: 'How long after enrolment a device is trusted.',
    example: 3 * DAY,
  })
  ageSeconds?: number;
  @Whole({ min: 1, max: 50, optional: true, description: 'Live devices of one customer.', example: 10 })
  mostPerCustomer?: number;
}

class ContactPolicyDto {
  @Whole({
    min: 0,
    max: 90 * DAY,
    optional: true,
    description: 'How long a contact point must have been on file before it vouches for anything.',
    example: 10 * DAY,
  })
  ageSeconds?: number;
}

class SecondAgentAboveDto {
  @Whole({ min: 0, max: 1_000_000_000, description: 'In whole units of the currency.', example: 10_000 })
  amount: number;
  @Pattern(/^[A-Z]{3}$/, {
    maxLength: 3,
    says: 'an ISO 4217 code such as GBP',
    description: 'ISO 4217.',
    example: 'GBP',
  })
  currency: string;
}

class ChangeRuleDto {
  @OneOf(CHANGE_SUBJECTS, { optional: true, description: 'Only for changes of this.', example: 'payee_account' })
  subject?: ChangeSubject;
  @OneOf(ASKED_THROUGH, { optional: true, description: 'Only for changes asked for this way.', example: 'email' })
  askedThrough?: AskedThrough;
  @TextList({
    maxItems: 4,
    minItems: 1,
    maxLength: 16,
    pattern: /^(app|callback|letter|second_agent)$/,
    description: 'What is needed. At least one of them comes from the customer.',
    example: ['app', 'callback'],
  })
  proofs: Proof[];
}

class ChangePolicyDto {
  @Whole({
    min: 0,
    max: 30 * DAY,
    optional: true,
    description: 'How long a change is held after its last proof.',
    example: DAY,
  })
  coolingOffSeconds?: number;
  @Whole({
    min: 3_600,
    max: 90 * DAY,
    optional: true,
    description: 'After how long a held change lapses.',
    example: 30 * DAY,
  })
  expirySeconds?: number;
  @Whole({
    min: 600,
    max: 14 * DAY,
    optional: true,
    description: 'How long the question in the app stays open.',
    example: 3 * DAY,
  })
  answerSeconds?: number;
  @Whole({
    min: DAY,
    max: 30 * DAY,
    optional: true,
    description: 'How long a posted code is valid.',
    example: 30 * DAY,
  })
  letterSeconds?: number;
  @Whole({ min: 1, max: 10, optional: true, description: 'Wrong codes that void a letter.', example: 5 })
  letterAttempts?: number;
  @Nested(() => SecondAgentAboveDto, {
    optional: true,
    description: 'Above this amount at risk, or in another currency, a second agent must approve.',
  })
  secondAgentAbove?: SecondAgentAboveDto;
  @NestedList(() => ChangeRuleDto, {
    maxItems: 50,
    optional: true,
    description: "The bank's own rules, before the defaults; the first that fits decides.",
  })
  rules?: ChangeRuleDto[];
}

class CallbackPolicyDto {
  @TimeZone({
    optional: true,
    description:
      'IANA time zone of the hours and holidays; no abbreviation such as BST, which means another zone elsewhere.',
    example: 'Europe/London',
  })
  timeZone?: string;
  @Pattern(/^([01]\d|2[0-3]):[0-5]\d$/, {
    maxLength: 5,
    optional: true,
    says: 'a time such as 08:00',
    description: 'First local time at which customers are rung.',
    example: '08:00',
  })
  opens?: string;
  @Pattern(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, {
    maxLength: 5,
    optional: true,
    says: 'a time such as 20:00',
    description: 'Local time from which they are not.',
    example: '20:00',
  })
  closes?: string;
  @WholeList({
    min: 1,
    max: 7,
    minItems: 1,
    maxItems: 7,
    optional: true,
    description: 'ISO weekdays, 1 is Monday.',
    example: [1, 2, 3, 4, 5, 6, 7],
  })
  days?: number[];
  @TextList({
    maxItems: 400,
    maxLength: 10,
    pattern: /^\d{4}-\d\d-\d\d$/,
    optional: true,
    description:
      'Days of the time zone on which nobody is rung, such as bank holidays; those that are over do no harm.',
    example: ['2026-12-25', '2026-12-28', '2027-01-01'],
  })
  holidays?: string[];
  @Whole({
    min: 3_600,
    max: 14 * DAY,
    optional: true,
    description: 'How long a callback stays due, from its first opening on, where its asker set no end.',
    example: 2 * DAY,
  })
  windowSeconds?: number;
  @Whole({ min: 60, max: 3_600, optional: true, description: 'After how long a claim lapses.', example: 600 })
  claimSeconds?: number;
  @Whole({
    min: 1,
    max: 10,
    optional: true,
    description: 'Calls that nobody answers until the customer counts as unreachable.',
    example: 3,
  })
  attempts?: number;
  @Whole({
    min: 60,
    max: DAY,
    optional: true,
    description: 'The wait after the first call that nobody answered; it doubles with each.',
    example: 1_800,
  })
  retrySeconds?: number;
}

class SignalsPolicyDto {
  @Whole({ min: 3_600, max: 7 * DAY, optional: true, description: 'How far back `signals` looks.', example: DAY })
  windowSeconds?: number;
}

class ReportsPolicyDto {
  @Whole({
    min: 3,
    max: 200,
    optional: true,
    description: 'Reports that are taken of one customer in 24 hours.',
    example: 20,
  })
  perDay?: number;
}

class CampaignPolicyDto {
  @Whole({ min: 60, max: 3_600, optional: true, description: 'How far back reports count together.', example: 600 })
  windowSeconds?: number;
  @Whole({
    min: 3,
    max: 1_000,
    optional: true,
    description:
      'Customers who must have reported the same thing within the window. A campaign never rests on fewer than three.',
    example: 8,
  })
  minimumReach?: number;
  @Whole({
    min: 1,
    max: 100,
    optional: true,
    description: 'How many times more that must be than in a usual window of the day before.',
    example: 4,
  })
  timesUsual?: number;
  @Whole({
    min: 0,
    max: 30 * DAY,
    optional: true,
    description:
      "How long a customer must have been on file to count, where neither an agent, nor the telephone platform, nor an administrator has vouched for them: whoever holds the app's token can make customers up. 0: everybody counts at once. Also while the service has known nobody for that long.",
    example: DAY,
  })
  newcomerSeconds?: number;
  @Whole({
    min: 600,
    max: 7 * DAY,
    optional: true,
    description: 'A campaign that nobody reports for so long is over.',
    example: 21_600,
  })
  quietSeconds?: number;
  @TextList({
    maxItems: 200,
    maxLength: 253,
    optional: true,
    description:
      "Hosts where everybody can have a page, such as a link shortener, beside those that the service knows: they say nothing about who made a page of theirs, so that only the whole link is compared. `*.pages.example` where each host right below is somebody's own.",
    example: ['go.shortener.example', '*.pages.example'],
  })
  sharedHosts?: string[];
}

class OwnAddressesPolicyDto {
  @TextList({
    maxItems: 100,
    maxLength: 253,
    optional: true,
    description: 'Hosts of the bank, each with everything under it.',
    example: ['northbank.example'],
  })
  hosts?: string[];
  @TextList({
    maxItems: 100,
    maxLength: 320,
    optional: true,
    description: 'E-mail addresses of the bank at other hosts.',
    example: ['northbank@post.example'],
  })
  mail?: string[];
  @TextList({
    maxItems: 100,
    maxLength: 2_000,
    optional: true,
    description:
      'Pages of the bank at other hosts, and of others that stand in its messages, such as its app in a shop or its regulator.',
    example: ['https://apps.apple.com/app/northbank/id1'],
  })
  links?: string[];
}

class RetentionPolicyDto {
  @Whole({
    min: 31,
    max: 3_650,
    optional: true,
    description: "Days for which the telephone system's records are kept, from when they came in.",
    example: 90,
  })
  callRecordDays?: number;
  @Whole({
    min: 91,
    max: 3_650,
    optional: true,
    description:
      'Days for which a notice and its recipients are kept, from when it was sent. After that a check of it is `unknown`.',
    example: 400,
  })
  noticeDays?: number;
  @Whole({
    min: 31,
    max: 3_650,
    optional: true,
    description: 'Days for which a report is kept, and a campaign after it closed.',
    example: 400,
  })
  reportDays?: number;
}

class CoveragePolicyDto {
  @Whole({
    min: 0,
    max: 100,
    optional: true,
    description: "The least share of the bank's own calls that should be declared, in percent.",
    example: 95,
  })
  floorPercent?: number;
  @Whole({
    min: 0,
    max: 20,
    optional: true,
    description: 'By how many percentage points a share that was low must be above the floor to count as back.',
    example: 1,
  })
  marginPercent?: number;
  @Whole({ min: 3_600, max: 30 * DAY, optional: true, description: 'Over how long it is taken.', example: DAY })
  windowSeconds?: number;
  @Whole({
    min: 1,
    max: 100_000,
    optional: true,
    description: 'With fewer calls than this nothing is said.',
    example: 50,
  })
  minimumCalls?: number;
}

class AdviceWordsDto {
  @OneOf(ADVICE_CODES, { description: 'The advice whose words these are.', example: 'hang_up' }) code: string;
  @Locale({ description: 'BCP 47 locale, in any case.', example: 'cy' }) locale: string;
  @Text({
    maxLength: 140,
    description: 'One line, read first.',
    example: 'Nid eich banc sydd yno. Rhowch y ffôn i lawr nawr.',
  })
  headline: string;
  @TextList({
    maxItems: 6,
    maxLength: 200,
    description: 'What to do, in order.',
    example: ['Rhowch y ffôn i lawr.', 'Ffoniwch y rhif ar gefn eich cerdyn.'],
  })
  steps: string[];
}

/** The body of PUT: what is left out takes its default. */
export class PolicyDocumentDto {
  @Nested(() => VerificationPolicyDto, { optional: true, description: 'Lifetimes.' })
  verification?: VerificationPolicyDto;
  @Nested(() => AttemptsPolicyDto, { optional: true, description: 'Attempt caps.' }) attempts?: AttemptsPolicyDto;
  @Nested(() => PushBudgetPolicyDto, { optional: true, description: 'How often a customer may be asked.' })
  pushBudget?: PushBudgetPolicyDto;
  @Nested(() => CallPolicyDto, { optional: true, description: 'Declared calls.' }) call?: CallPolicyDto;
  @Nested(() => DevicePolicyDto, { optional: true, description: 'Devices.' }) device?: DevicePolicyDto;
  @Nested(() => ContactPolicyDto, { optional: true, description: 'Contact points.' }) contact?: ContactPolicyDto;
  @Nested(() => ChangePolicyDto, { optional: true, description: 'Changes of banking details.' })
  changes?: ChangePolicyDto;
  @Nested(() => CallbackPolicyDto, { optional: true, description: 'Callbacks.' }) callbacks?: CallbackPolicyDto;
  @Nested(() => SignalsPolicyDto, { optional: true, description: 'Risk signals.' }) signals?: SignalsPolicyDto;
  @Nested(() => CoveragePolicyDto, {
    optional: true,
    description: "How many of the bank's own calls should be declared.",
  })
  coverage?: CoveragePolicyDto;
  @Nested(() => ReportsPolicyDto, { optional: true, description: 'Reports by customers.' }) reports?: ReportsPolicyDto;
  @Nested(() => CampaignPolicyDto, { optional: true, description: 'When reports are a campaign.' })
  campaigns?: CampaignPolicyDto;
  @Nested(() => RetentionPolicyDto, {
    optional: true,
    description: 'For how long reports, notices and call records are kept.',
  })
  retention?: RetentionPolicyDto;
  @Nested(() => OwnAddressesPolicyDto, {
    optional: true,
    description:
      'What leads to the bank, whichever message it stands in: no difference where a message is checked, and never part of a campaign.',
  })
  ownAddresses?: OwnAddressesPolicyDto;
  @Country({
    optional: true,
    description: 'How national phone numbers are read, and the country of an address without one.',
    example: 'GB',
  })
  defaultCountry?: string;
  @Locale({ optional: true, description: 'Locale of customers who have none.', example: 'en' }) defaultLocale?: string;
  @TextList({
    maxItems: 12,
    maxLength: 140,
    optional: true,
    description: 'What the bank never asks for, shown with every question.',
    example: DEFAULT_POLICY.neverAsk,
  })
  neverAsk?: string[];
  @NestedList(() => AdviceWordsDto, { maxItems: 200, optional: true, description: "The bank's own words for advice." })
  advice?: AdviceWordsDto[];
}

/** The policy in force, every value filled in. */
export class PolicyAnswer extends PolicyDocumentDto {
  @Answer({
    type: 'integer',
    description: 'Goes up by one with each change; 0 means the defaults. Also the ETag.',
    example: 3,
  })
  version: number;
  @Answer({ type: 'string', format: 'date-time', nullable: true, description: 'When it was changed.' }) changedAt:
    string | null;
}
