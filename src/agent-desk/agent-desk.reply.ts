import { ReplyField } from '../http/fields.js';

const AT = { type: 'string', format: 'date-time' } as const;
const AT_OR_NULL = { ...AT, nullable: true } as const;
const REFERENCE = { type: 'string', description: 'To say aloud.', example: '3QM7-2D4F' } as const;

class SummaryDevicesReply {
  @ReplyField({ type: 'integer', description: 'That can be asked.', example: 2 }) count: number;
  @ReplyField({ type: 'integer', description: 'Enrolled as long ago as policy asks.', example: 1 }) trusted: number;
  @ReplyField(AT_OR_NULL) newestEnrolledAt: string | null;
}

class SummarySignalReply {
  @ReplyField({ type: 'string', example: 'relay_suspected' }) type: string;
  @ReplyField(AT) at: string;
}

class SummarySignalsReply {
  @ReplyField({ type: 'boolean', description: 'Hold payments and talk to the customer.' }) hold: boolean;
  @ReplyField({ type: [SummarySignalReply], description: 'Newest first.' }) reasons: readonly SummarySignalReply[];
}

class SummaryAgentReply {
  @ReplyField({ type: 'string', example: 'amara' }) id: string;
  @ReplyField({ type: 'string', example: 'Amara Okafor' }) name: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Fraud Operations' }) department: string | null;
}

class SummaryCallReply {
  @ReplyField({ type: 'string', example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField(REFERENCE) reference: string;
  @ReplyField({ type: 'string', enum: ['outbound', 'inbound'] }) direction: string;
  @ReplyField({ type: SummaryAgentReply }) agent: SummaryAgentReply;
  @ReplyField(AT) startedAt: string;
  @ReplyField({ ...AT_OR_NULL, description: 'Since when whoever is on the line seems not to be the customer.' })
  relaySuspectedAt: string | null;
}

class SummaryChangeReply {
  @ReplyField({ type: 'string', example: 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField(REFERENCE) reference: string;
  @ReplyField({ type: 'string', example: 'payee_account' }) subject: string;
  @ReplyField(AT) requestedAt: string;
  @ReplyField(AT) expiresAt: string;
}

class SummaryCallbackReply {
  @ReplyField({ type: 'string', example: 'cbk_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField(REFERENCE) reference: string;
  @ReplyField({ type: 'string', enum: ['queued', 'claimed'] }) status: string;
  @ReplyField(AT) dueAt: string;
  @ReplyField({ type: 'string', nullable: true, description: 'Who has claimed it.', example: 'Amara Okafor' })
  agentName: string | null;
}

class VerifiedContactReply {
  @ReplyField({ type: 'string', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' }) verificationId: string;
  @ReplyField({ type: 'string', enum: ['call', 'change', 'callback'] }) kind: string;
  @ReplyField(AT) at: string;
}

export class CustomerSummaryReply {
  @ReplyField({ type: 'string', example: 'cust-1001' }) customerId: string;
  @ReplyField({ type: 'boolean', description: 'Whether there is such a customer here.' }) known: boolean;
  @ReplyField({ type: SummaryDevicesReply }) devices: SummaryDevicesReply;
  @ReplyField({ type: 'boolean', description: 'Whether wrong codes have locked their verifications.' }) locked: boolean;
  @ReplyField(AT_OR_NULL) lockedAt: string | null;
  @ReplyField({ type: SummarySignalsReply }) signals: SummarySignalsReply;
  @ReplyField({ type: [SummaryCallReply], description: 'Newest first, 20 at most.' })
  liveCalls: readonly SummaryCallReply[];
  @ReplyField({ type: [SummaryChangeReply], description: 'Newest first, 20 at most.' })
  heldChanges: readonly SummaryChangeReply[];
  @ReplyField({ type: [SummaryCallbackReply], description: 'Newest first, 20 at most.' })
  openCallbacks: readonly SummaryCallbackReply[];
  @ReplyField({ type: VerifiedContactReply, nullable: true, description: 'The last question that they confirmed.' })
  lastVerifiedContact: VerifiedContactReply | null;
}

export class CustomerSearchReply {
  @ReplyField({ type: [String], description: 'Ids of customers; none where nobody is found.', example: ['cust-1001'] })
  data: readonly string[];
}
