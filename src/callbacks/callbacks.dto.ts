import { ForeignText, OneOf, Pattern, Text, Time } from '../http/fields.js';
import { ExternalId, ExternalSystem } from '../http/external-id.fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CALLBACK_RESULTS, CALLBACK_STATUSES } from './callback.machine.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

const ABOUT = /^(call|chg|rpt)_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export class RequestCallbackDto {
  @Text({
    maxLength: 140,
    description: 'What it is about, in words for agent and customer.',
    example: 'Somebody called me and I hung up',
  })
  reason: string;
  @Pattern(ABOUT, {
    maxLength: 40,
    optional: true,
    says: 'the id of a call, a change or a report',
    description:
      "The call, change or report that it is about. It is kept where it is this customer's own, and else dropped.",
    example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  about?: string;
  @Time({
    optional: true,
    description: 'Not before; at once where it is left out. The hours of policy hold all the same.',
    example: '2026-12-01T09:00:00Z',
  })
  notBefore?: string;
  @Time({ optional: true, description: 'Not after.', example: '2026-12-02T18:00:00Z' }) notAfter?: string;
  @ExternalId(
    'The id that another system has for it. It need not be unique, and is nothing personal: it stands in addresses.',
  )
  externalId?: string;
  @ExternalSystem('Which system that is.') externalSystem?: string;
}

export class RequestCallbackForDto extends RequestCallbackDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
}

export class ClaimCallbackDto {
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: 'The line that will be dialled from: one that is registered for calling out.',
    example: '+442079460101',
  })
  line?: string;
  @Text({
    maxLength: 80,
    optional: true,
    description: 'The department that the customer will hear.',
    example: 'Customer Care',
  })
  department?: string;
}

export class CallbackOutcomeDto {
  @OneOf(CALLBACK_RESULTS, {
    description:
      '`verified` only where the customer confirmed this very call: in the app, or by comparing the offline code that was read out; in words alone only where they have no device.',
    example: 'verified',
  })
  result: (typeof CALLBACK_RESULTS)[number];
}

export class CallbackQuery extends PageQuery {
  @OneOf(CALLBACK_STATUSES, {
    optional: true,
    description:
      'Only those in this status. Without it, the open ones, as they should be worked: by priority, then by due time.',
    example: 'queued',
  })
  status?: string;
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's, newest first.",
    example: 'cust-1001',
  })
  customerId?: string;
  @ExternalId('Only those with this id in another system, newest first.') externalId?: string;
  @ExternalSystem('Only those of this system, with an `externalId`.') externalSystem?: string;
}
