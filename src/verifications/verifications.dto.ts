import { Answer, OneOf, Pattern } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { CALL_MEDIUMS, FINDINGS } from './answer.policy.js';
import { STATUSES } from './verification.machine.js';

export class AdviceAnswer {
  @Answer({ type: 'string', description: 'Stable.', example: 'hang_up_and_ring_card_number' }) code: string;
  @Answer({
    type: 'string',
    description: "One line, read first; in the customer's locale where the policy has words for it.",
    example: 'We cannot confirm that this is your bank.',
  })
  headline: string;
  @Answer({
    type: [String],
    description: 'What to do, in order.',
    example: ['Hang up and ring the number on your card.'],
  })
  steps: readonly string[];
}

export class VerificationQuery extends PageQuery {
  @OneOf(STATUSES, { optional: true, description: 'Only those in this status.', example: 'waiting' }) status?: string;
}

class ShownVerificationAnswer {
  @Answer({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', enum: ['call', 'change', 'callback'] }) kind: string;
  @Answer({ type: 'string', enum: STATUSES }) status: string;
  @Answer({
    type: 'object',
    additionalProperties: true,
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
  })
  display: object;
  @Answer({ type: 'string', description: 'Goes into the signed answer.' }) challenge: string;
  @Answer({ type: [String], example: ['answer', 'code'], description: 'What a yes needs.' }) asks: readonly string[];
  @Answer({ type: 'string', format: 'date-time' }) expiresAt: string;
  @Answer({ type: 'integer', example: 5, description: "Wrong codes until the customer's verifications lock." })
  attemptsLeft: number;
}

export class ShownVerificationListAnswer {
  @Answer({ type: [ShownVerificationAnswer], description: 'Newest first.' }) data: ShownVerificationAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}

const ANSWER_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6ImRldl8wMWpkM2Y2cTh6ZmsxcnoxbTN2OXcxYzJhYSIsInR5cCI6ImFuc3dlcitqd3MifQ.eyJ2ZXJpZmljYXRpb24iOiJ2ZXJfMDFqZDNmNnE4emZrMXJ6MW0zdjl3MWMyYWEiLCJjaGFsbGVuZ2UiOiJCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVIiwiZGlzcGxheSI6IjU4TkRpMXBxVjhBZWNBR2xNR2Y0ckx2ZmZ6RjNRcnlUWXRQUWZiTFRTaWsiLCJhbnN3ZXIiOiJ5ZXMiLCJjb2RlIjoiNDgxMjA1IiwiaGFuZHNldCI6eyJpbkNhbGwiOnRydWUsIm91dGdvaW5nIjpmYWxzZX0sImlhdCI6MTc2OTg1MTgyMH0.mggmthjfiddYhM8scV6iKsKgAXGC9TQ1itKkWFDvNRST71Aa-uewlPtM4Bt4R6NfoFOtHPIVVrJupiWALLESDQ';

export class AnswerDto {
  @Pattern(/^[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/, {
    maxLength: 8192,
    says: 'a compact JWS',
    description:
      'Compact JWS by an enrolled device. Header `{ alg: "ES256"|"EdDSA", kid: <device id>, typ: "answer+jws" }`; payload `{ verification, challenge, display: base64url(SHA-256(JCS(display))), answer: "yes"|"no", reason?, code?, handset?: { inCall, outgoing?, medium?: "cellular"|"voip"|"unknown" }, iat }`.',
    example: ANSWER_EXAMPLE,
  })
  jws: string;
}

export class AnswerOutcomeAnswer {
  @Answer({ type: 'string', enum: ['confirmed', 'denied', 'reported'] }) status: string;
  @Answer({ type: [String], enum: FINDINGS, isArray: true, example: [] }) findings: readonly string[];
  @Answer({ type: 'integer', example: 5 }) attemptsLeft: number;
  @Answer({ type: AdviceAnswer }) advice: AdviceAnswer;
}

export class HandsetAnswer {
  @Answer({ type: 'boolean', description: 'Whether the handset was in a call.' }) inCall: boolean;
  @Answer({ type: 'boolean', required: false, description: 'Whether the customer had dialled it.' }) outgoing?: boolean;
  @Answer({ type: 'string', required: false, enum: CALL_MEDIUMS, description: 'What carried it.' }) medium?: string;
}

export class VerificationAnswer {
  @Answer({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', enum: ['call', 'change', 'callback'] }) kind: string;
  @Answer({ type: 'string', enum: STATUSES }) status: string;
  @Answer({ type: 'string', example: 'cust-1001' }) customerId: string;
  @Answer({ type: 'string', nullable: true, example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) callId: string | null;
  @Answer({ type: [String], example: ['answer', 'code'] }) asks: readonly string[];
  @Answer({ type: 'string', format: 'date-time' }) createdAt: string;
  @Answer({ type: 'string', format: 'date-time' }) expiresAt: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) closedAt: string | null;
  @Answer({ type: 'integer', example: 5, description: "Wrong codes until the customer's verifications lock." })
  attemptsLeft: number;
  @Answer({ type: 'string', enum: ['yes', 'no', null], nullable: true }) answer: string | null;
  @Answer({ type: 'string', nullable: true, example: 'they_called_me' }) reason: string | null;
  @Answer({
    type: HandsetAnswer,
    nullable: true,
    description: 'What the handset said of itself, where the app sent it.',
  })
  handset: HandsetAnswer | null;
  @Answer({
    type: [String],
    enum: FINDINGS,
    isArray: true,
    description: 'What speaks against the answer, whatever it was.',
    example: [],
  })
  findings: readonly string[];
  @Answer({ type: 'string', nullable: true, example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) deviceId: string | null;
  @Answer({ type: 'integer', description: 'The policy under which it was asked.' }) policyVersion: number;
}
