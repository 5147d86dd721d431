/** Why the service refuses, each reason once. What HTTP says of them stands in `http/problem-kinds.ts`. */
export type RefusalReason =
  | 'malformed-request'
  | 'invalid-request'
  | 'unauthorized'
  | 'forbidden'
  | 'tenant-suspended'
  | 'not-your-call'
  | 'not-your-customer'
  | 'not-your-team'
  | 'not-found'
  | 'method-not-allowed'
  | 'request-timeout'
  | 'idempotency-in-progress'
  | 'verification-closed'
  | 'call-ended'
  | 'change-closed'
  | 'callback-not-due'
  | 'claim-lapsed'
  | 'relay-suspected'
  | 'webhook-disabled'
  | 'conflict'
  | 'device-already-enrolled'
  | 'feedback-given'
  | 'precondition-failed'
  | 'payload-too-large'
  | 'import-too-large'
  | 'unsupported-media-type'
  | 'expectation-failed'
  | 'answer-not-accepted'
  | 'claim-too-large'
  | 'device-too-new'
  | 'code-mismatch'
  | 'not-a-code'
  | 'code-required'
  | 'proof-not-accepted'
  | 'device-limit'
  | 'passkeys-unavailable'
  | 'account-not-valid'
  | 'costly-number'
  | 'nothing-changes'
  | 'same-agent'
  | 'letter-not-needed'
  | 'letter-code-mismatch'
  | 'no-callback-number'
  | 'callback-outside-hours'
  | 'number-at-risk'
  | 'not-verified'
  | 'line-inbound-only'
  | 'line-not-registered'
  | 'no-device'
  | 'offline-proof-mismatch'
  | 'wrong-direction'
  | 'idempotency-key-reused'
  | 'push-unavailable'
  | 'push-subscription-limit'
  | 'push-subscription-refused'
  | 'webhook-limit'
  | 'webhook-url-refused'
  | 'locked'
  | 'precondition-required'
  | 'push-budget'
  | 'report-limit'
  | 'too-many-requests'
  | 'internal-error'
  | 'overloaded'
  | 'temporarily-unavailable';

/** One wrong field, by JSON pointer in fragment form (RFC 6901 §6). */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface RefusalDetails {
  /** What a person reads of this one. */
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  /** It may be asked again after so long. */
  readonly retryAfterSeconds?: number;
  /** What else the caller is told. */
  readonly [member: string]: unknown;
}

/** What the service refuses and why; nothing in it may be internal or personal, and nothing is of HTTP. */
export class Refusal extends Error {
  constructor(
    readonly reason: RefusalReason,
    readonly details: RefusalDetails = {},
  ) {
    super(reason);
    this.name = 'Refusal';
  }
}

/** `invalid-request` with one field named. */
export function invalidField(pointer: string, detail: string): Refusal {
  return new Refusal('invalid-request', { errors: [{ pointer, detail }] });
}
