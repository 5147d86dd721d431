import { Answer, Flag, ForeignText, Nested, OneOf, Pattern, Text, TextList } from '../http/fields.js';
import { CampaignNoticeAnswer } from '../policy/campaign-notice.dto.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CALL_MEDIUMS, type CallMedium } from '../verifications/answer.policy.js';
import { AdviceAnswer } from '../verifications/verifications.dto.js';
import { VERDICT_REASONS } from './verdict.policy.js';

const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;

export class AgentDto {
  @Text({
    maxLength: 64,
    optional: true,
    description: "The agent's id; from an agent's own token it is the token's.",
    example: 'amara',
  })
  id?: string;
  @Text({
    maxLength: 80,
    optional: true,
    description: "The name that the customer will hear; from an agent's own token it is the token's.",
    example: 'Amara Okafor',
  })
  name?: string;
  @Text({
    maxLength: 80,
    optional: true,
    description: 'The department that the customer will hear.',
    example: 'Fraud Operations',
  })
  department?: string;
}

export class DeclareCallDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
  @OneOf(['outbound', 'inbound'], {
    description: '`outbound`: the bank rang. `inbound`: somebody who says they are the customer rang.',
    example: 'outbound',
  })
  direction: 'outbound' | 'inbound';
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: "The bank's line: one that is registered.",
    example: '+442079460100',
  })
  line?: string;
  @Text({
    maxLength: 140,
    description: 'Why, in words for the customer; shown for a call that the bank placed.',
    example: 'A payment we stopped',
  })
  purpose: string;
  @Nested(() => AgentDto, {
    optional: true,
    description: "Who is on the call. Required of telephony; of an agent's token only `department` is read.",
  })
  agent?: AgentDto;
  @Flag({ optional: true, description: 'Ask the customer at once.', example: true }) verify?: boolean;
}

export class CallQuery extends PageQuery {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's.",
    example: 'cust-1001',
  })
  customerId?: string;
  @OneOf(['live', 'ended'], { optional: true, description: 'Only those in this state.', example: 'live' }) state?:
    'live' | 'ended';
}

class CallAgentAnswer {
  @Answer({ type: 'string', example: 'amara' }) id: string;
  @Answer({ type: 'string', example: 'Amara Okafor' }) name: string;
  @Answer({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
}

export class StartedVerificationAnswer {
  @Answer({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', enum: ['waiting', 'confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'] })
  status: string;
  @Answer({
    type: 'string',
    required: false,
    pattern: '^[0-9]{6}$',
    description: 'Six digits for the agent to read out. In the answer that starts the verification, and never again.',
    example: '481205',
  })
  code?: string;
  @Answer({ type: 'string', format: 'date-time' }) expiresAt: string;
  @Answer({ type: 'integer', example: 5 }) attemptsLeft: number;
}

export class CallAnswer {
  @Answer({ type: 'string', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'To say aloud.', example: '3QM7-2D4F' }) reference: string;
  @Answer({ type: 'string', example: 'cust-1001' }) customerId: string;
  @Answer({ type: 'string', enum: ['outbound', 'inbound'] }) direction: string;
  @Answer({ type: 'string', enum: ['live', 'ended'] }) state: string;
  @Answer({ type: 'string', nullable: true, example: '+442079460100' }) line: string | null;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'Null once the customer was shredded.',
    example: 'A payment we stopped',
  })
  purpose: string | null;
  @Answer({ type: CallAgentAnswer }) agent: CallAgentAnswer;
  @Answer({ type: 'string', format: 'date-time' }) startedAt: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) endedAt: string | null;
  @Answer({ type: 'string', format: 'date-time', description: 'When it ends by itself.' }) expiresAt: string;
  @Answer({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when this call looks like a relay: whoever is on the line is not the customer.',
  })
  relaySuspectedAt: string | null;
  @Answer({ type: StartedVerificationAnswer, nullable: true, description: 'The newest in this call.' })
  verification: StartedVerificationAnswer | null;
  @Answer({
    type: 'string',
    required: false,
    enum: ['no_device', 'locked', 'push_budget'],
    description: 'Why `verify: true` started none.',
  })
  verificationUnavailable?: string;
}

export class CallListAnswer {
  @Answer({ type: [CallAnswer], description: 'Newest first.' }) data: CallAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}

export class OfflineProofDto {
  @ForeignText({
    maxLength: 64,
    optional: true,
    description:
      "What the customer read out, on a call that the customer placed: six digits of any script, with spaces and dashes or without. Left out, the answer is the bank's own code.",
    example: '654321',
  })
  customerProof?: string;
}

export class OfflineProofAnswer {
  @Answer({
    type: 'string',
    required: false,
    pattern: '^[0-9]{6}$',
    description: 'To read out; the app shows the same.',
    example: '123456',
  })
  bankProof?: string;
  @Answer({ type: 'boolean', required: false, description: "The customer's code was right." }) customerProved?: boolean;
  @Answer({ type: 'string', description: 'The device whose code it is.', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  deviceId: string;
  @Answer({
    type: [String],
    required: false,
    enum: ['new_device'],
    isArray: true,
    description: 'With `customerProved`: what speaks against it.',
    example: [],
  })
  findings?: readonly string[];
}

class VerdictHandsetDto {
  @Flag({
    description: 'Whether the handset is in a call: with `ringing` in another one than that which rings.',
    example: true,
  })
  inCall: boolean;
  @Flag({
    optional: true,
    description: 'Whether the handset placed that call. Left out where it cannot tell.',
    example: false,
  })
  outgoing?: boolean;
  @OneOf(CALL_MEDIUMS, { optional: true, description: 'What carries that call. Recorded.', example: 'cellular' })
  medium?: CallMedium;
}

export class AskVerdictDto {
  @OneOf(['ringing', 'customer'], {
    description:
      '`ringing`: the handset asks by itself about an incoming call. `customer`: a person asks about a caller who says they are the bank.',
    example: 'ringing',
  })
  trigger: 'ringing' | 'customer';
  @ForeignText({
    minLength: 0,
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    example: '+442079460100',
    description:
      'What the phone shows for the caller, as it is: a number is read whatever marks, schemes or extensions stand around it. ' +
      'What cannot be read as a number, and what phones show for a hidden one, is as if it were left out.',
  })
  incomingNumber?: string;
  @TextList({
    maxItems: 8,
    maxLength: 4,
    optional: true,
    pattern: /^\d{4}$/,
    description: "The last four digits of the handset's own numbers. Recorded: whether one of them is on file.",
    example: ['0123'],
  })
  phoneNumberSuffixes?: string[];
  @Nested(() => VerdictHandsetDto, {
    optional: true,
    description:
      'What the handset says about its call: with `customer` about the call that is asked about, ' +
      'with `ringing` about the other call that the phone is already in, if any.',
  })
  handset?: VerdictHandsetDto;
}

class VerdictCallAnswer {
  @Answer({ type: 'string', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', example: '3QM7-2D4F' }) reference: string;
  @Answer({ type: 'string', example: 'Amara Okafor' }) agentName: string;
  @Answer({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
  @Answer({ type: 'string', nullable: true, example: 'A payment we stopped' }) purpose: string | null;
  @Answer({ type: 'string', format: 'date-time' }) startedAt: string;
}

export class VerdictAnswer {
  @Answer({ type: 'string', enum: ['legitimate', 'not_legitimate', 'unknown'] }) verdict: string;
  @Answer({ type: 'string', enum: VERDICT_REASONS }) reason: string;
  @Answer({ type: VerdictCallAnswer, required: false, description: 'With `legitimate` alone.' })
  call?: VerdictCallAnswer;
  @Answer({ type: AdviceAnswer }) advice: AdviceAnswer;
  @Answer({
    type: CampaignNoticeAnswer,
    required: false,
    description:
      'Where many customers have just reported calls from this number. It changes nothing about the verdict.',
  })
  campaign?: CampaignNoticeAnswer;
  @Answer({ type: 'string', format: 'date-time' }) checkedAt: string;
}

class SignalReasonAnswer {
  @Answer({ type: 'string', example: 'relay_suspected' }) type: string;
  @Answer({ type: 'string', format: 'date-time' }) at: string;
}

export class SignalsAnswer {
  @Answer({ type: 'boolean', description: 'Hold the payment and talk to the customer.' }) hold: boolean;
  @Answer({ type: [SignalReasonAnswer], description: 'Newest first.' }) reasons: SignalReasonAnswer[];
}
