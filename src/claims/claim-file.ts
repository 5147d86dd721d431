import type { SealedEvent } from '../transparency/evidence.js';
import type { LeafRecord } from '../transparency/leaf.js';

/** `typ` of the manifest's JWS. */
export const CLAIM_TYPE = 'claim+jws';

/** Says in every claim file what it is, and what it is not (domain rule 10). */
export const CLAIM_PURPOSE =
  "This file records what the bank said, asked and showed, what was answered, and what was decided on it. It is no judgement of the customer: a warning that was not heeded is not the customer's fault.";

export interface ClaimedFile {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** The payload of `manifest.jws`, in canonical JSON (RFC 8785). */
export interface ClaimManifest {
  readonly version: 1;
  readonly iss: string;
  /** When it was put together, in seconds since 1970. */
  readonly iat: number;
  readonly tenant: string;
  readonly claim: string;
  readonly customerId: string;
  readonly from: string;
  readonly to: string;
  readonly purpose: string;
  /** Whether the customer's personal data has been destroyed: what was sealed is left out then, and the proofs stay. */
  readonly shredded: boolean;
  /** Decisions whose beginning is older than the bank keeps events; what is left of them is in `timeline.json`. */
  readonly withoutEvidence: readonly string[];
  /** Every other file of the zip, in its order. */
  readonly files: readonly ClaimedFile[];
}

const VERDICTS: readonly string[] = ['countersign.verdict.given', 'countersign.verdict.feedback_received'];
const MESSAGES: readonly string[] = ['countersign.notice.checked'];

/** What was said of calls, as the log sealed it. */
export function verdictsIn(events: readonly SealedEvent[]): LeafRecord[] {
  return recordsOf(events, VERDICTS);
}

/** What was said of messages, as the log sealed it. */
export function messagesIn(events: readonly SealedEvent[]): LeafRecord[] {
  return recordsOf(events, MESSAGES);
}

function recordsOf(events: readonly SealedEvent[], types: readonly string[]): LeafRecord[] {
  return events.map(({ record }) => record).filter(({ type }) => types.includes(type));
}
