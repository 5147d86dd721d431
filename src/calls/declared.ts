import type { CallChannel, Direction } from '../verifications/answer.policy.js';
import type { StartDecision } from '../verifications/verification-start.store.js';

export interface CallRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly direction: Direction;
  readonly channel: CallChannel;
  readonly line: string | null;
  readonly key_id: string;
  readonly purpose_sealed: Buffer;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly agent_department: string | null;
  readonly started_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly relay_suspected_at: Date | null;
  /** The agent whom it was handed to, and who has not taken it over yet. */
  readonly transfer_to: string | null;
  readonly external_id: string | null;
  readonly external_system: string | null;
  readonly live: boolean;
}

export interface CallToDeclare {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly direction: Direction;
  readonly channel: CallChannel;
  readonly line: string | null;
  readonly purposeSealed: Buffer;
  readonly agentId: string;
  readonly agentName: string;
  readonly agentDepartment: string | null;
  readonly declaredBy: string;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
  readonly callSeconds: number;
  /** Which change its verification is about, too. */
  readonly changeId: string | null;
}

/** What a declaration came to: the call where it was declared, and which condition failed where it was not. */
export type DeclaredRow = { customer_known: boolean; line_use: 'outbound' | 'inbound_only' | null } & {
  [Column in keyof CallRow]: CallRow[Column] | null;
};

export interface StartedColumns {
  readonly decision: StartDecision | null;
  readonly retry_after: number | null;
  readonly verification_id: string | null;
  readonly verification_expires_at: Date | null;
  readonly attempts_left: number | null;
}

export type Declared = DeclaredRow & Partial<StartedColumns>;

/** What the database says of a declaration; the rest is as it was declared. */
export type Outcome = Pick<DeclaredRow, 'customer_known' | 'line_use' | 'started_at' | 'expires_at'>;

/** A declaration with what came of it. Member by member: an object of so many that is spread becomes a dictionary. */
export function declaredRow(call: CallToDeclare, outcome: Outcome & Partial<StartedColumns>): Declared {
  return {
    customer_known: outcome.customer_known,
    line_use: outcome.line_use,
    started_at: outcome.started_at,
    expires_at: outcome.expires_at,
    decision: outcome.decision,
    retry_after: outcome.retry_after,
    verification_id: outcome.verification_id,
    verification_expires_at: outcome.verification_expires_at,
    attempts_left: outcome.attempts_left,
    id: outcome.started_at && call.id,
    reference: call.reference,
    customer_id: call.customerId,
    direction: call.direction,
    channel: call.channel,
    line: call.line,
    key_id: call.keyId,
    purpose_sealed: call.purposeSealed,
    agent_id: call.agentId,
    agent_name: call.agentName,
    agent_department: call.agentDepartment,
    ended_at: null,
    relay_suspected_at: null,
    transfer_to: null,
    external_id: call.externalId,
    external_system: call.externalSystem,
    live: true,
  };
}
