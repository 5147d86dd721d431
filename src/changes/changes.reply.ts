import { ReplyField } from '../http/fields.js';
import { ASKED_THROUGH, CHANGE_SUBJECTS, PROOFS } from '../policy/policy.js';
import { CHANGE_FINDINGS } from './change-rules.policy.js';
import { CHANGE_STATUSES } from './change.policy.js';

class ProofReply {
  @ReplyField({ type: 'string', enum: PROOFS }) proof: string;
  @ReplyField({ type: 'string', enum: ['missing', 'waiting', 'in'], description: '`waiting`: asked for and open.' })
  status: string;
  @ReplyField({ type: 'string', required: false, description: 'The agent whom it took.', example: 'ben' }) by?: string;
  @ReplyField({ type: 'string', format: 'date-time', required: false, description: 'When it came in.' }) at?: string;
  @ReplyField({
    type: 'string',
    required: false,
    enum: ['app', 'offline_code', 'spoken'],
    description: 'How a callback was confirmed.',
  })
  via?: string;
}

class AtRiskReply {
  @ReplyField({ type: 'number', example: 2500 }) amount: number;
  @ReplyField({ type: 'string', example: 'GBP' }) currency: string;
}

class ChangeRulesReply {
  @ReplyField({ type: 'integer', description: 'The policy in force when it was asked for.', example: 3 })
  policyVersion: number;
  @ReplyField({ type: [String], enum: PROOFS, isArray: true, example: ['app', 'callback'] }) proofs: readonly string[];
  @ReplyField({ type: 'integer', description: 'How long it is held after its last proof.', example: 86_400 })
  coolingOffSeconds: number;
  @ReplyField({ type: 'integer', description: 'How old a device had to be when it was asked for.', example: 259_200 })
  deviceAgeSeconds: number;
  @ReplyField({ type: 'integer', description: 'How old a number had to be when it was asked for.', example: 864_000 })
  contactAgeSeconds: number;
}

export class ChangeReply {
  @ReplyField({ type: 'string', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To say aloud.', example: '93QM-7D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'string', enum: CHANGE_SUBJECTS }) subject: string;
  @ReplyField({ type: 'string', enum: ASKED_THROUGH }) askedThrough: string;
  @ReplyField({ type: 'string', description: 'Who entered it.', example: 'amara' }) askedBy: string;
  @ReplyField({ type: 'string', enum: CHANGE_STATUSES }) status: string;
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked; null where it was not given, or the customer was shredded.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5555' },
  })
  before: object | null;
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked; null once the customer was shredded.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5432' },
  })
  after: object | null;
  @ReplyField({ type: AtRiskReply, nullable: true, description: 'What could be lost if the change were fraud.' })
  atRisk: AtRiskReply | null;
  @ReplyField({ type: [ProofReply], description: 'What it needs, and what is in.' }) proofs: readonly ProofReply[];
  @ReplyField({
    type: 'string',
    format: 'date-time',
    description: 'Not released before this, and later if proofs come in later.',
  })
  releaseAfter: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it lapses if it is still held.' })
  expiresAt: string;
  @ReplyField({ type: 'string', format: 'date-time' }) requestedAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) closedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) releasedAt: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) disputedAt: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    enum: ['denied', 'reported', 'relay_suspected', 'declined', 'disputed', null],
    description: 'Why it was refused.',
  })
  refusedBecause: string | null;
  @ReplyField({
    type: ChangeRulesReply,
    description: 'The rules that it was born with; a later policy does not touch them.',
  })
  rules: ChangeRulesReply;
  @ReplyField({
    type: 'object',
    additionalProperties: true,
    description: 'What outside checks said. `unavailable` never counts as clean.',
    example: { payee: { result: 'unavailable', checkedAt: '2026-01-31T09:30:00.000Z' } },
  })
  checks: object;
  @ReplyField({
    type: [String],
    enum: CHANGE_FINDINGS,
    isArray: true,
    example: [],
    description:
      'What is odd about the details that are wanted, found when they were asked for; a second agent has to approve. ' +
      '`costly_number`: premium-rate, shared-cost, personal, pager or satellite.',
  })
  findings: readonly string[];
  @ReplyField({ type: 'string', nullable: true, example: '4b7f9f5c-2d6e-4d5e-9a51-0f0c6a4d7f11' })
  externalId: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'genesys' }) externalSystem: string | null;
}

export class ChangeListReply {
  @ReplyField({ type: [ChangeReply], description: 'The changes.' }) data: ChangeReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class LetterReply {
  @ReplyField({
    type: 'string',
    description: 'To print. In this answer, and never again.',
    example: 'K7QM-2D4F-9XWR-3TBH',
  })
  code: string;
  @ReplyField({ type: 'string', format: 'date-time' }) expiresAt: string;
}

export class AcceptedLetterReply {
  @ReplyField({ type: 'string', description: 'The change that it proves.', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  changeId: string;
}
