import { Amount, Answer, CheckedLater, ForeignText, Nested, OneOf, Pattern } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { ASKED_THROUGH, type AskedThrough, CHANGE_SUBJECTS, type ChangeSubject, PROOFS } from '../policy/policy.js';
import { CHANGE_FINDINGS } from './change-rules.policy.js';
import { CHANGE_STATUSES } from './change.policy.js';

const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** The details of a subject; their form depends on it, and `readDetails` checks it. */
const DETAILS_SCHEMA = {
  oneOf: [
    {
      type: 'object',
      required: ['holder', 'iban'],
      properties: { holder: { type: 'string' }, iban: { type: 'string' } },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['holder', 'sortCode', 'accountNumber'],
      additionalProperties: false,
      properties: {
        holder: { type: 'string' },
        sortCode: { type: 'string' },
        accountNumber: { type: 'string' },
        rollNumber: {
          type: 'string',
          minLength: 1,
          maxLength: 60,
          description:
            'At a building society: which of the accounts behind that number it is. 1 to 18 letters, digits, spaces, hyphens, points and slashes.',
        },
      },
    },
    { type: 'object', required: ['number'], properties: { number: { type: 'string' } }, additionalProperties: false },
    { type: 'object', required: ['email'], properties: { email: { type: 'string' } }, additionalProperties: false },
    {
      type: 'object',
      required: ['lines'],
      properties: {
        lines: { type: 'array', items: { type: 'string' } },
        postcode: { type: 'string' },
        country: { type: 'string' },
      },
      additionalProperties: false,
    },
    { type: 'string' },
  ],
};

class AtRiskDto {
  @Amount({ min: 0, max: 1e12, description: 'How much could be lost.', example: 2500 }) amount: number;
  @Pattern(/^[A-Z]{3}$/, {
    maxLength: 3,
    says: 'an ISO 4217 code such as GBP',
    description: 'ISO 4217.',
    example: 'GBP',
  })
  currency: string;
}

export class RequestChangeDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
  @OneOf(CHANGE_SUBJECTS, { description: 'What is to change.', example: 'payee_account' }) subject: ChangeSubject;
  @CheckedLater(DETAILS_SCHEMA, {
    optional: true,
    description: 'The details now, where the bank has them. In the same form as `after`.',
    example: { holder: 'Oak Joinery Ltd', iban: 'GB33BUKB20201555555555' },
  })
  before?: unknown;
  @CheckedLater(DETAILS_SCHEMA, {
    description:
      'The details wanted. An account: `{ holder, iban }` or `{ holder, sortCode, accountNumber, rollNumber? }`. Else `{ number }`, `{ email }` or `{ lines, postcode?, country? }` with an ISO 3166-1 alpha-2 code, or the text alone.',
    example: { holder: 'Oak Joinery Ltd', iban: 'GB82WEST12345698765432' },
  })
  after: unknown;
  @OneOf(ASKED_THROUGH, { description: 'How it was asked for.', example: 'email' }) askedThrough: AskedThrough;
  @Nested(() => AtRiskDto, { optional: true, description: 'What could be lost if the change were fraud.' })
  atRisk?: AtRiskDto;
}

export class ChangeQuery extends PageQuery {
  @OneOf(CHANGE_STATUSES, { optional: true, description: 'Only those in this status.', example: 'held' })
  status?: string;
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's.",
    example: 'cust-1001',
  })
  customerId?: string;
}

export class LetterCodeDto {
  @ForeignText({
    maxLength: 64,
    description:
      'As printed, as it was typed: case, hyphens and spaces do not matter, nor the script of its digits; O reads as 0, I and L as 1.',
    example: 'K7QM-2D4F-9XWR-3TBH',
  })
  code: string;
}

class ProofAnswer {
  @Answer({ type: 'string', enum: PROOFS }) proof: string;
  @Answer({ type: 'string', enum: ['missing', 'waiting', 'in'], description: '`waiting`: asked for and open.' })
  status: string;
  @Answer({ type: 'string', required: false, description: 'The agent whom it took.', example: 'ben' }) by?: string;
  @Answer({ type: 'string', format: 'date-time', required: false, description: 'When it came in.' }) at?: string;
  @Answer({
    type: 'string',
    required: false,
    enum: ['app', 'offline_code', 'spoken'],
    description: 'How a callback was confirmed.',
  })
  via?: string;
}

class AtRiskAnswer {
  @Answer({ type: 'number', example: 2500 }) amount: number;
  @Answer({ type: 'string', example: 'GBP' }) currency: string;
}

class ChangeRulesAnswer {
  @Answer({ type: 'integer', description: 'The policy in force when it was asked for.', example: 3 })
  policyVersion: number;
  @Answer({ type: [String], enum: PROOFS, isArray: true, example: ['app', 'callback'] }) proofs: readonly string[];
  @Answer({ type: 'integer', description: 'How long it is held after its last proof.', example: 86_400 })
  coolingOffSeconds: number;
  @Answer({ type: 'integer', description: 'How old a device had to be when it was asked for.', example: 259_200 })
  deviceAgeSeconds: number;
  @Answer({ type: 'integer', description: 'How old a number had to be when it was asked for.', example: 864_000 })
  contactAgeSeconds: number;
}

export class ChangeAnswer {
  @Answer({ type: 'string', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'To say aloud.', example: '93QM-7D4F' }) reference: string;
  @Answer({ type: 'string', example: 'cust-1001' }) customerId: string;
  @Answer({ type: 'string', enum: CHANGE_SUBJECTS }) subject: string;
  @Answer({ type: 'string', enum: ASKED_THROUGH }) askedThrough: string;
  @Answer({ type: 'string', description: 'Who entered it.', example: 'amara' }) askedBy: string;
  @Answer({ type: 'string', enum: CHANGE_STATUSES }) status: string;
  @Answer({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked; null where it was not given, or the customer was shredded.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5555' },
  })
  before: object | null;
  @Answer({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Masked; null once the customer was shredded.',
    example: { holder: 'Oak Joinery Ltd', account: 'GB•• •••• 5432' },
  })
  after: object | null;
  @Answer({ type: AtRiskAnswer, nullable: true, description: 'What could be lost if the change were fraud.' })
  atRisk: AtRiskAnswer | null;
  @Answer({ type: [ProofAnswer], description: 'What it needs, and what is in.' }) proofs: readonly ProofAnswer[];
  @Answer({
    type: 'string',
    format: 'date-time',
    description: 'Not released before this, and later if proofs come in later.',
  })
  releaseAfter: string;
  @Answer({ type: 'string', format: 'date-time', description: 'When it lapses if it is still held.' })
  expiresAt: string;
  @Answer({ type: 'string', format: 'date-time' }) requestedAt: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) closedAt: string | null;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) releasedAt: string | null;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) disputedAt: string | null;
  @Answer({
    type: 'string',
    nullable: true,
    enum: ['denied', 'reported', 'relay_suspected', 'declined', 'disputed', null],
    description: 'Why it was refused.',
  })
  refusedBecause: string | null;
  @Answer({
    type: ChangeRulesAnswer,
    description: 'The rules that it was born with; a later policy does not touch them.',
  })
  rules: ChangeRulesAnswer;
  @Answer({
    type: 'object',
    additionalProperties: true,
    description: 'What outside checks said. `unavailable` never counts as clean.',
    example: { payee: { result: 'unavailable', checkedAt: '2026-01-31T09:30:00.000Z' } },
  })
  checks: object;
  @Answer({
    type: [String],
    enum: CHANGE_FINDINGS,
    isArray: true,
    example: [],
    description:
      'What is odd about the details that are wanted, found when they were asked for; a second agent has to approve. ' +
      '`costly_number`: premium-rate, shared-cost, personal, pager or satellite.',
  })
  findings: readonly string[];
}

export class ChangeListAnswer {
  @Answer({ type: [ChangeAnswer], description: 'The changes.' }) data: ChangeAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class LetterAnswer {
  @Answer({ type: 'string', description: 'To print. In this answer, and never again.', example: 'K7QM-2D4F-9XWR-3TBH' })
  code: string;
  @Answer({ type: 'string', format: 'date-time' }) expiresAt: string;
}

export class AcceptedLetterAnswer {
  @Answer({ type: 'string', description: 'The change that it proves.', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  changeId: string;
}
