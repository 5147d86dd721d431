import type { SignatureFailure } from '../crypto/device-signature.js';
import type { PasskeyFailure } from '../crypto/passkey-assertion.js';
import { CALL_MEDIUMS, type CallMedium, type Handset, type Reason, REASONS } from './answer.policy.js';

/** What a device signs. */
export interface AnswerPayload {
  readonly verification: string;
  readonly challenge: string;
  readonly display: string;
  readonly answer: 'yes' | 'no';
  readonly reason: Reason | null;
  readonly code: string | null;
  readonly handset: Handset | null;
  /** Unix time in seconds. */
  readonly iat: number;
}

/** Why an answer was not accepted; for the event log alone. */
export type RefusalCause =
  | SignatureFailure
  | PasskeyFailure
  | 'passkey'
  | 'sign_count'
  | 'device'
  | 'shape'
  | 'verification'
  | 'challenge'
  | 'display'
  | 'issued_at';

/** With what people type between six digits; how it is read is for `readDigitCode`. */
const MOST_CODE_CHARACTERS = 16;
const MEMBERS = new Set(['verification', 'challenge', 'display', 'answer', 'reason', 'code', 'handset', 'iat']);

/** Reads a signed payload, or null where it has not the form that the API describes. */
export function readAnswerPayload(payload: Record<string, unknown>): AnswerPayload | null {
  if (!Object.keys(payload).every((member) => MEMBERS.has(member))) return null;
  const { verification, challenge, display, answer, reason = null, code = null, iat } = payload;
  const handset = readHandset(payload.handset);
  if (typeof verification !== 'string' || typeof challenge !== 'string' || typeof display !== 'string') return null;
  if (answer !== 'yes' && answer !== 'no') return null;
  if (reason !== null && !REASONS.includes(reason as Reason)) return null;
  if (code !== null && (typeof code !== 'string' || [...code].length > MOST_CODE_CHARACTERS)) return null;
  if (typeof iat !== 'number' || !Number.isFinite(iat) || handset === undefined) return null;
  return { verification, challenge, display, answer, reason: reason as Reason | null, code: code, handset, iat };
}

function readHandset(value: unknown): Handset | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const { inCall, outgoing, medium, ...rest } = value as Record<string, unknown>;
  if (
    typeof inCall !== 'boolean' ||
    (outgoing !== undefined && typeof outgoing !== 'boolean') ||
    Object.keys(rest).length > 0
  )
    return undefined;
  if (medium !== undefined && !CALL_MEDIUMS.includes(medium as CallMedium)) return undefined;
  return {
    inCall,
    ...(outgoing === undefined ? {} : { outgoing }),
    ...(medium === undefined ? {} : { medium: medium as CallMedium }),
  };
}
