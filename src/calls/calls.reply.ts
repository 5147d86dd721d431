import { ReplyField } from '../http/fields.js';
import { CampaignNoticeReply } from '../policy/campaign-notice.reply.js';
import { CALL_CHANNELS } from '../verifications/answer.policy.js';
import { AdviceReply } from '../verifications/verifications.reply.js';
import { VERDICT_FINDINGS, VERDICT_REASONS } from './verdict.policy.js';

class CallAgentReply {
  @ReplyField({ type: 'string', example: 'amara' }) id: string;
  @ReplyField({ type: 'string', example: 'Amara Okafor' }) name: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
}

export class StartedVerificationReply {
  @ReplyField({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({
    type: 'string',
    enum: ['waiting', 'confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'],
  })
  status: string;
  @ReplyField({
    type: 'string',
    required: false,
    pattern: '^[0-9]{6}$',
    description: 'Six digits for the agent to read out. In the answer that starts the verification, and never again.',
    example: '481205',
  })
  code?: string;
  @ReplyField({ type: 'string', format: 'date-time' }) expiresAt: string;
  @ReplyField({ type: 'integer', example: 5 }) attemptsLeft: number;
}

export class CallReply {
  @ReplyField({ type: 'string', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To say aloud.', example: '3QM7-2D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'string', enum: ['outbound', 'inbound'] }) direction: string;
  @ReplyField({ type: 'string', enum: CALL_CHANNELS, description: 'How it reaches the customer.' }) channel: string;
  @ReplyField({ type: 'string', enum: ['live', 'ended'] }) state: string;
  @ReplyField({ type: 'string', nullable: true, example: '+442079460100' }) line: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'Null once the customer was shredded.',
    example: 'A payment we stopped',
  })
  purpose: string | null;
  @ReplyField({ type: CallAgentReply }) agent: CallAgentReply;
  @ReplyField({ type: 'string', format: 'date-time' }) startedAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) endedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it ends by itself.' }) expiresAt: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when this call looks like a relay: whoever is on the line is not the customer.',
  })
  relaySuspectedAt: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'The agent whom the call was handed to and who has not taken it over yet.',
    example: null,
  })
  transferTo: string | null;
  @ReplyField({ type: 'string', nullable: true, example: '4b7f9f5c-2d6e-4d5e-9a51-0f0c6a4d7f11' })
  externalId: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'genesys' }) externalSystem: string | null;
  @ReplyField({ type: StartedVerificationReply, nullable: true, description: 'The newest in this call.' })
  verification: StartedVerificationReply | null;
  @ReplyField({
    type: 'string',
    required: false,
    enum: ['no_device', 'locked', 'push_budget'],
    description: 'Why `verify: true` started none.',
  })
  verificationUnavailable?: string;
}

export class CallListReply {
  @ReplyField({ type: [CallReply], description: 'Newest first.' }) data: CallReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}

export class OfflineProofReply {
  @ReplyField({
    type: 'string',
    required: false,
    pattern: '^[0-9]{6}$',
    description: 'To read out; the app shows the same.',
    example: '123456',
  })
  bankProof?: string;
  @ReplyField({ type: 'boolean', required: false, description: "The customer's code was right." })
  customerProved?: boolean;
  @ReplyField({
    type: 'string',
    description: 'The device whose code it is.',
    example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  deviceId: string;
  @ReplyField({
    type: [String],
    required: false,
    enum: ['new_device'],
    isArray: true,
    description: 'With `customerProved`: what speaks against it.',
    example: [],
  })
  findings?: readonly string[];
}

class VerdictCallReply {
  @ReplyField({ type: 'string', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', example: '3QM7-2D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'Amara Okafor' }) agentName: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'A payment we stopped' }) purpose: string | null;
  @ReplyField({ type: 'string', enum: CALL_CHANNELS }) channel: string;
  @ReplyField({ type: 'string', format: 'date-time' }) startedAt: string;
}

export class VerdictReply {
  @ReplyField({
    type: 'string',
    description: 'Under which to tell what became of it.',
    example: 'vdt_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  id: string;
  @ReplyField({ type: 'string', enum: ['legitimate', 'not_legitimate', 'unknown'] }) verdict: string;
  @ReplyField({ type: 'string', enum: VERDICT_REASONS }) reason: string;
  @ReplyField({
    type: [String],
    enum: VERDICT_FINDINGS,
    isArray: true,
    description:
      '`other_channel`: the customer is in a call of some app, and the bank has declared none in its own. Whatever the verdict.',
    example: [],
  })
  findings: readonly string[];
  @ReplyField({ type: VerdictCallReply, required: false, description: 'With `legitimate` alone.' })
  call?: VerdictCallReply;
  @ReplyField({ type: AdviceReply }) advice: AdviceReply;
  @ReplyField({
    type: CampaignNoticeReply,
    required: false,
    description:
      'Where many customers have just reported calls from this number. It changes nothing about the verdict.',
  })
  campaign?: CampaignNoticeReply;
  @ReplyField({ type: 'string', format: 'date-time' }) checkedAt: string;
}

class SignalReasonReply {
  @ReplyField({ type: 'string', example: 'relay_suspected' }) type: string;
  @ReplyField({ type: 'string', format: 'date-time' }) at: string;
}

export class SignalsReply {
  @ReplyField({ type: 'boolean', description: 'Hold the payment and talk to the customer.' }) hold: boolean;
  @ReplyField({ type: [SignalReasonReply], description: 'Newest first.' }) reasons: SignalReasonReply[];
}
