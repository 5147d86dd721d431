import type { LeafRecord } from './leaf.js';

/** Says on every evidence what it is, and what it is not (domain rule 10). */
export const PURPOSE =
  "This file records what was asked, shown and answered, and what was decided on it. It is no judgement of the customer: a warning that was not heeded is not the customer's fault.";

/** A value that is sealed for the customer, with the salt under which the log commits to it. */
export interface Opened<Value> {
  readonly value: Value;
  /** 64 hex digits. The commitment is the hex of SHA-256 over these 32 bytes and the value's text. */
  readonly salt: string;
}

export interface DeviceEvidence {
  readonly id: string;
  readonly keyThumbprint: string;
  readonly publicKey: object;
  readonly platform: string;
  readonly enrolledAt: string;
  readonly revokedAt: string | null;
  readonly ageSecondsAtAnswer: number | null;
  /** Of a passkey; a key that a program holds has none. */
  readonly passkey?: { readonly credentialId: string; readonly rpId: string };
}

export interface VerificationEvidence {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly direction: string | null;
  readonly callId: string | null;
  readonly startedBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly closedAt: string | null;
  readonly policyVersion: number;
  readonly asks: readonly string[];
  readonly challenge: string;
  readonly codeAttempts: { readonly used: number; readonly allowed: number };
  readonly answer: string | null;
  readonly reason: string | null;
  readonly handset: object | null;
  readonly findings: readonly string[];
  /** The display without the time that the database adds, as it is committed to. Null once the customer is shredded. */
  readonly shown: Opened<object> | null;
  /** Exactly what the customer was shown and signed. */
  readonly display: object | null;
  /** The customer's own signed answer: a compact JWS, or by a passkey the canonical JSON of `{ payload, response }`. */
  readonly signedAnswer: Opened<string> | null;
  readonly device: DeviceEvidence | null;
}

export interface ChangeEvidence {
  readonly [member: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly details: Opened<{
    readonly before: object | null;
    readonly after: object;
    readonly salt: string;
    readonly fingerprint: string;
  }> | null;
}

export interface PolicyEvidence {
  readonly version: number;
  /** As it was set; empty for version 0, where the defaults hold. */
  readonly document: object;
  readonly inForce: object;
}

/** An event as the log sealed it, with the proof that its leaf is under the checkpoint (RFC 9162 section 2.1.3, base64). */
export interface SealedEvent {
  readonly leaf: number;
  readonly record: LeafRecord;
  readonly proof: readonly string[];
}

/** The payload of an evidence JWS. */
export interface Evidence {
  readonly version: 1;
  readonly iss: string;
  readonly iat: number;
  readonly tenant: string;
  readonly subject: string;
  readonly customerId: string;
  readonly purpose: string;
  /** Whether the customer's personal data has been destroyed: what was sealed is null then, and the proofs stay. */
  readonly shredded: boolean;
  readonly verifications: readonly VerificationEvidence[];
  readonly change: ChangeEvidence | null;
  readonly calls: readonly object[];
  readonly policies: readonly PolicyEvidence[];
  readonly events: readonly SealedEvent[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** `typ` of an evidence JWS. */
export const EVIDENCE_TYPE = 'evidence+jws';
