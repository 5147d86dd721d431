import { toTypeId } from '../ids/ids.js';
import type { PolicyVersion } from '../policy/policy.service.js';
import { toE164 } from '../readers/number.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import type { CallChannel, Direction } from '../verifications/answer.policy.js';
import type { StartDecision } from '../verifications/verification-start.store.js';
import type { VerificationSummary } from '../verifications/verifications.service.js';
import type { Agent } from './agent.policy.js';
import type { CallRow, DeclaredRow, StartedColumns } from './declared.js';

export interface CallDeclaration {
  readonly customerId: string;
  readonly direction: Direction;
  readonly channel: CallChannel;
  readonly line?: string;
  readonly purpose: string;
  readonly agent: Agent;
  readonly verify: boolean;
  readonly declaredBy: string;
  /** What another system calls it. */
  readonly external?: { readonly id: string | null; readonly system: string | null };
}

/** What a callback adds to the question: what it is about, and which change an answer vouches for. */
export interface CallbackToShow {
  readonly changeId: string | null;
  readonly display: Readonly<Record<string, unknown>>;
}

export type VerificationUnavailable = Exclude<StartDecision, 'ask'>;

export interface Call {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly direction: Direction;
  readonly channel: CallChannel;
  readonly state: 'live' | 'ended';
  readonly line: string | null;
  /** Null once the customer was shredded. */
  readonly purpose: string | null;
  readonly agent: Agent;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly expiresAt: string;
  readonly relaySuspectedAt: string | null;
  readonly transferTo: string | null;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
  readonly verification: VerificationSummary | null;
  readonly verificationUnavailable?: VerificationUnavailable;
}

export const PURPOSE = 'calls.purpose';
/** @throws Refusal 400 for what is not a number. */
export function readLine({ line }: CallDeclaration, { policy }: PolicyVersion): string | null {
  if (line === undefined) return null;
  const number = toE164(line, policy.defaultCountry);
  if (number === null) throw invalidField('#/line', 'must be a phone number, best in E.164 such as +442079460100');
  return number;
}

export function describeCall(row: CallRow, purpose: string | null): Omit<Call, 'verification'> {
  return {
    id: toTypeId('call', row.id),
    reference: row.reference,
    customerId: row.customer_id,
    direction: row.direction,
    channel: row.channel,
    state: row.live ? 'live' : 'ended',
    line: row.line,
    purpose,
    agent: { id: row.agent_id, name: row.agent_name, department: row.agent_department },
    startedAt: row.started_at.toISOString(),
    endedAt: (row.ended_at ?? (row.live ? null : row.expires_at))?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
    relaySuspectedAt: row.relay_suspected_at?.toISOString() ?? null,
    transferTo: row.live ? row.transfer_to : null,
    externalId: row.external_id,
    externalSystem: row.external_system,
  };
}

/** @throws Refusal 422 where the line is not the bank's, or one that never calls out. */
export function declaredCall(
  row: DeclaredRow & Partial<StartedColumns>,
  code: string | undefined,
  declaration: CallDeclaration,
): Call {
  if (row.id === null) throw new Refusal(row.line_use === 'inbound_only' ? 'line-inbound-only' : 'line-not-registered');
  const verification = startedSummary(row, code);
  return {
    ...describeCall(row as CallRow, declaration.purpose),
    verification,
    ...(declaration.verify && !verification
      ? { verificationUnavailable: row.decision as VerificationUnavailable }
      : {}),
  };
}

export function startedSummary(row: Partial<StartedColumns>, code: string | undefined): VerificationSummary | null {
  if (!row.verification_id || !code) return null;
  return {
    id: toTypeId('ver', row.verification_id),
    status: 'waiting',
    code,
    expiresAt: row.verification_expires_at!.toISOString(),
    attemptsLeft: row.attempts_left!,
  };
}

export function startRefusal(decision: VerificationUnavailable, retryAfter: number | null): Refusal {
  if (decision === 'no_device') return new Refusal('no-device');
  if (decision === 'locked') return new Refusal('locked');
  return new Refusal('push-budget', { retryAfterSeconds: Math.max(1, retryAfter ?? 60) });
}
