import { Flag, ForeignText, Nested, OneOf, Pattern, Team, Text, TextList } from '../http/fields.js';
import { ExternalId, ExternalSystem } from '../http/external-id.fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CALL_CHANNELS, CALL_MEDIUMS, type CallChannel, type CallMedium } from '../verifications/answer.policy.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

export class AgentDto {
  @Text({
    maxLength: 64,
    optional: true,
    description: "The agent's id; from an agent's own token it is the token's.",
    example: 'amara',
  })
  id?: string;
  @Text({
    maxLength: 80,
    optional: true,
    description: "The name that the customer will hear; from an agent's own token it is the token's.",
    example: 'Amara Okafor',
  })
  name?: string;
  @Team({
    optional: true,
    description: 'The department that the customer will hear.',
    example: 'Fraud Operations',
  })
  department?: string;
}

export class DeclareCallDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
  @OneOf(['outbound', 'inbound'], {
    description: '`outbound`: the bank rang. `inbound`: somebody who says they are the customer rang.',
    example: 'outbound',
  })
  direction: 'outbound' | 'inbound';
  @OneOf(CALL_CHANNELS, {
    optional: true,
    description:
      "`phone`: over the telephone network; so it is where nothing is said. `in_app`: in the bank's own app, which shows no number.",
    example: 'phone',
  })
  channel?: CallChannel;
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: "The bank's line: one that is registered.",
    example: '+442079460100',
  })
  line?: string;
  @Text({
    maxLength: 140,
    description: 'Why, in words for the customer; shown for a call that the bank placed.',
    example: 'A payment we stopped',
  })
  purpose: string;
  @Nested(() => AgentDto, {
    optional: true,
    description:
      "Who is on the call. Required of telephony; of an agent's token only `department` is read, in place of the token's own.",
  })
  agent?: AgentDto;
  @Flag({ optional: true, description: 'Ask the customer at once.', example: true }) verify?: boolean;
  @ExternalId(
    'The id that another system has for the call. It need not be unique, and is nothing personal: it stands in addresses.',
  )
  externalId?: string;
  @ExternalSystem('Which system that is.') externalSystem?: string;
}

const AGENT_FILTER = {
  maxLength: 255,
  optional: true,
  description: "Only those of this agent; `me` for one's own.",
  example: 'me',
} as const;
const TEAM_FILTER = {
  optional: true,
  description: "Only those of this team: the department of the call's agent.",
  example: 'Fraud Operations',
} as const;

export class CallQuery extends PageQuery {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's.",
    example: 'cust-1001',
  })
  customerId?: string;
  @OneOf(['live', 'ended'], { optional: true, description: 'Only those in this state.', example: 'live' }) state?:
    'live' | 'ended';
  @Text(AGENT_FILTER) agent?: string;
  @Team(TEAM_FILTER) team?: string;
  @ExternalId('Only those with this id in another system.') externalId?: string;
  @ExternalSystem('Only those of this system.') externalSystem?: string;
}

export class CallStreamQuery {
  @Text(AGENT_FILTER) agent?: string;
  @Team(TEAM_FILTER) team?: string;
}

export class TransferCallDto {
  @Text({ maxLength: 255, description: 'The id of the agent who is to take the call over.', example: 'ben' })
  to: string;
}

export class OfflineProofDto {
  @ForeignText({
    maxLength: 64,
    optional: true,
    description:
      "What the customer read out, on a call that the customer placed: six digits of any script, with spaces and dashes or without. Left out, the answer is the bank's own code.",
    example: '654321',
  })
  customerProof?: string;
}

class VerdictHandsetDto {
  @Flag({
    description: 'Whether the handset is in a call: with `ringing` in another one than that which rings.',
    example: true,
  })
  inCall: boolean;
  @Flag({
    optional: true,
    description: 'Whether the handset placed that call. Left out where it cannot tell.',
    example: false,
  })
  outgoing?: boolean;
  @OneOf(CALL_MEDIUMS, {
    optional: true,
    description:
      'What carries that call: the telephone network, or some app. With `customer`, a call of an app is never one that was declared as a phone call.',
    example: 'cellular',
  })
  medium?: CallMedium;
}

export class AskVerdictDto {
  @OneOf(['ringing', 'customer'], {
    description:
      '`ringing`: the handset asks by itself about an incoming call. `customer`: a person asks about a caller who says they are the bank.',
    example: 'ringing',
  })
  trigger: 'ringing' | 'customer';
  @ForeignText({
    minLength: 0,
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    example: '+442079460100',
    description:
      'What the phone shows for the caller, as it is: a number is read whatever marks, schemes or extensions stand around it. ' +
      'What cannot be read as a number, and what phones show for a hidden one, is as if it were left out.',
  })
  incomingNumber?: string;
  @TextList({
    maxItems: 8,
    maxLength: 4,
    optional: true,
    pattern: /^\d{4}$/,
    description: "The last four digits of the handset's own numbers. Recorded: whether one of them is on file.",
    example: ['0123'],
  })
  phoneNumberSuffixes?: string[];
  @Nested(() => VerdictHandsetDto, {
    optional: true,
    description:
      'What the handset says about its call: with `customer` about the call that is asked about, ' +
      'with `ringing` about the other call that the phone is already in, if any.',
  })
  handset?: VerdictHandsetDto;
}
