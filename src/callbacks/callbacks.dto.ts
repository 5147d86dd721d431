import { CallAnswer } from '../calls/calls.dto.js';
import { Answer, ForeignText, OneOf, Pattern, Text, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CALLBACK_RESULTS, CALLBACK_STATUSES } from './callback.machine.js';

const ABOUT = /^(call|chg|rpt)_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;

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
}

class CallbackWindowAnswer {
  @Answer({ type: 'string', format: 'date-time', description: 'Not before.' }) notBefore: string;
  @Answer({ type: 'string', format: 'date-time', description: 'Not after: then it expires.' }) notAfter: string;
  @Answer({
    type: 'string',
    format: 'date-time',
    description: "When the next attempt is due, within the bank's hours.",
  })
  dueAt: string;
}

export class CallbackAnswer {
  @Answer({ type: 'string', example: 'cbk_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'To say aloud.', example: 'G3QM-7D4F' }) reference: string;
  @Answer({ type: 'string', example: 'cust-1001' }) customerId: string;
  @Answer({ type: 'string', enum: CALLBACK_STATUSES }) status: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'Null once the customer was shredded.',
    example: 'Somebody called me and I hung up',
  })
  reason: string | null;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'What it is about.',
    example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  about: string | null;
  @Answer({ type: CallbackWindowAnswer, description: 'When the customer will be rung.' }) window: CallbackWindowAnswer;
  @Answer({ type: 'integer', description: 'Calls made so far.', example: 0 }) attempts: number;
  @Answer({ type: 'integer', description: 'Higher comes first.', example: 0 }) priority: number;
  @Answer({
    type: 'boolean',
    description:
      "A call in the customer's name was live when it was asked for: a fraudster can ask for a callback while holding the customer on the line.",
  })
  askedDuringCall: boolean;
  @Answer({ type: 'string', nullable: true, description: 'Who will ring, once claimed.', example: 'Amara Okafor' })
  agentName: string | null;
  @Answer({ type: 'string', format: 'date-time', nullable: true, description: 'When the claim lapses.' }) claimedUntil:
    string | null;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'The call that the last claim declared.',
    example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  callId: string | null;
  @Answer({
    type: 'string',
    nullable: true,
    enum: ['app', 'offline_code', 'spoken', null],
    description: 'How the customer confirmed it.',
  })
  verifiedVia: string | null;
  @Answer({ type: 'string', format: 'date-time', description: 'When it was asked for.' }) requestedAt: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true, description: 'When it was done with.' }) closedAt:
    string | null;
}

export class CallbackListAnswer {
  @Answer({ type: [CallbackAnswer], description: 'The callbacks.' }) data: CallbackAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class ClaimedCallbackAnswer {
  @Answer({
    type: 'string',
    description: 'The number to dial. Revealed to this agent, and logged.',
    example: '+447700900123',
  })
  number: string;
  @Answer({ type: CallAnswer, description: 'The outbound call, declared, with the code to read out.' })
  call: CallAnswer;
  @Answer({ type: CallbackAnswer, description: 'The callback.' }) callback: CallbackAnswer;
}
