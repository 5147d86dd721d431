import { ReplyField } from '../http/fields.js';
import { ADVICE_CODES } from '../policy/advice-codes.policy.js';
import { DISPLAY_SCHEMA } from './display.reply.js';
import { CALL_MEDIUMS, FINDINGS, REASONS } from './answer.policy.js';
import { STATUSES } from './verification.machine.js';

export class AdviceReply {
  @ReplyField({
    type: 'string',
    enum: ADVICE_CODES,
    description: 'Stable.',
    example: 'hang_up_and_ring_card_number',
  })
  code: string;
  @ReplyField({
    type: 'string',
    description: "One line, read first; in the customer's locale, else in a language that the request asks for.",
    example: 'We cannot confirm that this is your bank.',
  })
  headline: string;
  @ReplyField({
    type: [String],
    description: 'What to do, in order.',
    example: ['Hang up and ring the number on your card.'],
  })
  steps: readonly string[];
}

const ASKS = ['answer', 'code'];

class ShownVerificationReply {
  @ReplyField({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', enum: ['call', 'change', 'callback'] }) kind: string;
  @ReplyField({ type: 'string', enum: STATUSES }) status: string;
  @ReplyField({
    ...DISPLAY_SCHEMA,
    description:
      "Show exactly this. For a call the bank placed: who, why and since when. For a call in the customer's name: the bare question.",
    example: {
      question: 'are_you_talking_to_us',
      direction: 'outbound',
      agentName: 'Amara Okafor',
      department: 'Fraud Operations',
      purpose: 'A payment we stopped',
      startedAt: '2026-01-31T09:30:00.000Z',
      neverAsk: ['your PIN or your full password'],
    },
  } as never)
  display: object;
  @ReplyField({ type: 'string', description: 'Goes into the signed answer.' }) challenge: string;
  @ReplyField({
    type: [String],
    enum: ASKS,
    isArray: true,
    example: ['answer', 'code'],
    description: 'What a yes needs.',
  })
  asks: readonly string[];
  @ReplyField({ type: 'string', format: 'date-time' }) expiresAt: string;
  @ReplyField({ type: 'integer', example: 5, description: "Wrong codes until the customer's verifications lock." })
  attemptsLeft: number;
}

export class ShownVerificationListReply {
  @ReplyField({ type: [ShownVerificationReply], description: 'Newest first.' }) data: ShownVerificationReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}

export class AnswerOutcomeReply {
  @ReplyField({ type: 'string', enum: ['confirmed', 'denied', 'reported'] }) status: string;
  @ReplyField({ type: [String], enum: FINDINGS, isArray: true, example: [] }) findings: readonly string[];
  @ReplyField({ type: 'integer', example: 5 }) attemptsLeft: number;
  @ReplyField({ type: AdviceReply }) advice: AdviceReply;
}

export class HandsetReply {
  @ReplyField({ type: 'boolean', description: 'Whether the handset was in a call.' }) inCall: boolean;
  @ReplyField({ type: 'boolean', required: false, description: 'Whether the customer had dialled it.' })
  outgoing?: boolean;
  @ReplyField({ type: 'string', required: false, enum: CALL_MEDIUMS, description: 'What carried it.' }) medium?: string;
}

export class VerificationReply {
  @ReplyField({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', enum: ['call', 'change', 'callback'] }) kind: string;
  @ReplyField({ type: 'string', enum: STATUSES }) status: string;
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'string', nullable: true, example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) callId: string | null;
  @ReplyField({ type: [String], enum: ASKS, isArray: true, example: ['answer', 'code'] }) asks: readonly string[];
  @ReplyField({ type: 'string', format: 'date-time' }) createdAt: string;
  @ReplyField({ type: 'string', format: 'date-time' }) expiresAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) closedAt: string | null;
  @ReplyField({ type: 'integer', example: 5, description: "Wrong codes until the customer's verifications lock." })
  attemptsLeft: number;
  @ReplyField({ type: 'string', enum: ['yes', 'no', null], nullable: true }) answer: string | null;
  @ReplyField({ type: 'string', enum: [...REASONS, null], nullable: true, example: 'they_called_me' }) reason:
    string | null;
  @ReplyField({
    type: HandsetReply,
    nullable: true,
    description: 'What the handset said of itself, where the app sent it.',
  })
  handset: HandsetReply | null;
  @ReplyField({
    type: [String],
    enum: FINDINGS,
    isArray: true,
    description: 'What speaks against the answer, whatever it was.',
    example: [],
  })
  findings: readonly string[];
  @ReplyField({ type: 'string', nullable: true, example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) deviceId: string | null;
  @ReplyField({ type: 'integer', description: 'The policy under which it was asked.' }) policyVersion: number;
}

export class VerificationListReply {
  @ReplyField({ type: [VerificationReply], description: 'Newest first.' }) data: VerificationReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}
