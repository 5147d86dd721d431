import { type ApiPropertyOptions, getSchemaPath } from '@nestjs/swagger';
import { ReplyField } from '../http/fields.js';
import { ASKED_THROUGH, CHANGE_SUBJECTS } from '../policy/policy-table.js';

const NEVER_ASK: ApiPropertyOptions = {
  type: [String],
  description: "What the bank never asks for, in the customer's language.",
  example: ['your PIN or your full password'],
};
const details = (more: { nullable?: true; required?: false } = {}): ApiPropertyOptions =>
  ({
    type: 'object',
    additionalProperties: true,
    description: 'Masked.',
    example: { email: 'm…@customer.example' },
    ...more,
  }) as unknown as ApiPropertyOptions;
const FINGERPRINT = { type: 'string', description: 'Of the details in full, so that they are signed too.' } as const;

/** The change that a callback is to confirm. */
class CallbackChangeReply {
  @ReplyField({ type: 'string', example: '9T4W-A0KX' }) reference: string;
  @ReplyField({ type: 'string', enum: CHANGE_SUBJECTS }) subject: string;
  @ReplyField(details({ nullable: true })) before: object | null;
  @ReplyField(details()) after: object;
  @ReplyField({ type: 'string', enum: ASKED_THROUGH }) askedThrough: string;
  @ReplyField(FINGERPRINT) detailsFingerprint: string;
}

/** "Are you talking to us?": a call that the bank placed; where it is a callback about a change, with that change. */
export class CallDisplayReply {
  @ReplyField({ type: 'string', enum: ['are_you_talking_to_us'] }) question: string;
  @ReplyField({ type: 'string', enum: ['outbound'] }) direction: string;
  @ReplyField({
    type: 'string',
    required: false,
    enum: ['in_app'],
    description: "Where it is a call in the bank's app; left out for a phone call.",
  })
  channel?: string;
  @ReplyField({ type: 'string', example: 'Amara Okafor' }) agentName: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
  @ReplyField({ type: 'string', example: 'A payment we stopped' }) purpose: string;
  @ReplyField({ type: 'string', format: 'date-time' }) startedAt: string;
  @ReplyField(NEVER_ASK) neverAsk: readonly string[];
  @ReplyField({
    type: 'string',
    required: false,
    description: 'Reference of the callback, where it is one.',
    example: 'G050-YGEB',
  })
  callback?: string;
  @ReplyField({ type: CallbackChangeReply, required: false, description: 'What the callback is to confirm.' })
  change?: CallbackChangeReply;
}

/** "Did you phone us?": the bare question, and nothing that would help a fraudster to coach. */
export class InboundCallDisplayReply {
  @ReplyField({ type: 'string', enum: ['did_you_phone_us'] }) question: string;
  @ReplyField(NEVER_ASK) neverAsk: readonly string[];
}

/** "Did you ask us for this change?" */
export class ChangeDisplayReply {
  @ReplyField({ type: 'string', enum: ['did_you_ask_for_this_change'] }) question: string;
  @ReplyField({ type: 'string', example: '9T4W-A0KX' }) reference: string;
  @ReplyField({ type: 'string', enum: CHANGE_SUBJECTS }) subject: string;
  @ReplyField(details({ nullable: true })) before: object | null;
  @ReplyField(details()) after: object;
  @ReplyField({ type: 'string', enum: ASKED_THROUGH }) askedThrough: string;
  @ReplyField(FINGERPRINT) detailsFingerprint: string;
  @ReplyField({ type: 'string', format: 'date-time' }) askedAt: string;
  @ReplyField(NEVER_ASK) neverAsk: readonly string[];
}

export const DISPLAYS = [CallDisplayReply, InboundCallDisplayReply, ChangeDisplayReply] as const;

/** What is shown, told apart by its question. */
export const DISPLAY_SCHEMA = {
  oneOf: DISPLAYS.map((display) => ({ $ref: getSchemaPath(display) })),
  discriminator: {
    propertyName: 'question',
    mapping: {
      are_you_talking_to_us: getSchemaPath(CallDisplayReply),
      did_you_phone_us: getSchemaPath(InboundCallDisplayReply),
      did_you_ask_for_this_change: getSchemaPath(ChangeDisplayReply),
    },
  },
};
