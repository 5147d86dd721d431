import { CallReply } from '../calls/calls.reply.js';
import { ReplyField } from '../http/fields.js';
import { CALLBACK_STATUSES } from './callback.machine.js';

class CallbackWindowReply {
  @ReplyField({ type: 'string', format: 'date-time', description: 'Not before.' }) notBefore: string;
  @ReplyField({ type: 'string', format: 'date-time', description: 'Not after: then it expires.' }) notAfter: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    description: "When the next attempt is due, within the bank's hours.",
  })
  dueAt: string;
}

export class CallbackReply {
  @ReplyField({ type: 'string', example: 'cbk_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', description: 'To say aloud.', example: 'G3QM-7D4F' }) reference: string;
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'string', enum: CALLBACK_STATUSES }) status: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'Null once the customer was shredded.',
    example: 'Somebody called me and I hung up',
  })
  reason: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'What it is about.',
    example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  about: string | null;
  @ReplyField({ type: CallbackWindowReply, description: 'When the customer will be rung.' })
  window: CallbackWindowReply;
  @ReplyField({ type: 'integer', description: 'Calls made so far.', example: 0 }) attempts: number;
  @ReplyField({ type: 'integer', description: 'Higher comes first.', example: 0 }) priority: number;
  @ReplyField({
    type: 'boolean',
    description:
      "A call in the customer's name was live when it was asked for: a fraudster can ask for a callback while holding the customer on the line.",
  })
  askedDuringCall: boolean;
  @ReplyField({ type: 'string', nullable: true, description: 'Who will ring, once claimed.', example: 'Amara Okafor' })
  agentName: string | null;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true, description: 'When the claim lapses.' })
  claimedUntil: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'The call that the last claim declared.',
    example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  callId: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    enum: ['app', 'offline_code', 'spoken', null],
    description: 'How the customer confirmed it.',
  })
  verifiedVia: string | null;
  @ReplyField({ type: 'string', nullable: true, example: '4b7f9f5c-2d6e-4d5e-9a51-0f0c6a4d7f11' })
  externalId: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'genesys' }) externalSystem: string | null;
  @ReplyField({ type: 'string', format: 'date-time', description: 'When it was asked for.' }) requestedAt: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true, description: 'When it was done with.' }) closedAt:
    string | null;
}

export class CallbackListReply {
  @ReplyField({ type: [CallbackReply], description: 'The callbacks.' }) data: CallbackReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.', example: null })
  next: string | null;
}

export class ClaimedCallbackReply {
  @ReplyField({
    type: 'string',
    description: 'The number to dial. Revealed to this agent, and logged.',
    example: '+447700900123',
  })
  number: string;
  @ReplyField({ type: CallReply, description: 'The outbound call, declared, with the code to read out.' })
  call: CallReply;
  @ReplyField({ type: CallbackReply, description: 'The callback.' }) callback: CallbackReply;
}
