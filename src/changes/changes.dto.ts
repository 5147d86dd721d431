import { Amount, CheckedLater, ForeignText, Nested, OneOf, Pattern } from '../http/fields.js';
import { ExternalId, ExternalSystem } from '../http/external-id.fields.js';
import { PageQuery } from '../http/page.js';
import { ASKED_THROUGH, type AskedThrough, CHANGE_SUBJECTS, type ChangeSubject } from '../policy/policy.js';
import { CHANGE_STATUSES } from './change.policy.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

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
  @ExternalId(
    'The id that another system has for it. It need not be unique, and is nothing personal: it stands in addresses.',
  )
  externalId?: string;
  @ExternalSystem('Which system that is.') externalSystem?: string;
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
  @ExternalId('Only those with this id in another system.') externalId?: string;
  @ExternalSystem('Only those of this system, with an `externalId`.') externalSystem?: string;
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
