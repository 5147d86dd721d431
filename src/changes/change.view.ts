import { toTypeId } from '../ids/ids.js';
import type { Proof } from '../policy/policy.js';
import { type ChangeFacts, nextStep, proofOf, releaseAfter } from './change.policy.js';
import type { ChangeFinding } from './change-rules.policy.js';
import type { SettlementRow } from './change-settlement.store.js';

/** What is sealed of a change: the details in full, and the salt of the fingerprint that was signed. */
export interface SealedDetails {
  readonly before: object | null;
  readonly after: object;
  readonly salt: string;
  readonly fingerprint: string;
}

export interface ProofState {
  readonly proof: Proof;
  readonly status: 'missing' | 'waiting' | 'in';
  readonly by?: string;
  readonly at?: string;
  readonly via?: string;
}

/** A change as the bank sees it: its details masked. */
export interface Change {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly subject: string;
  readonly askedThrough: string;
  readonly askedBy: string;
  readonly status: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly atRisk: { amount: number; currency: string } | null;
  readonly proofs: readonly ProofState[];
  readonly releaseAfter: string;
  readonly expiresAt: string;
  readonly requestedAt: string;
  readonly closedAt: string | null;
  readonly releasedAt: string | null;
  readonly disputedAt: string | null;
  readonly refusedBecause: string | null;
  /** The rules that it was born with; a later policy does not touch them. */
  readonly rules: {
    policyVersion: number;
    proofs: readonly Proof[];
    coolingOffSeconds: number;
    deviceAgeSeconds: number;
    contactAgeSeconds: number;
  };
  readonly checks: object;
  /** What is odd about the details that are wanted. */
  readonly findings: readonly ChangeFinding[];
  readonly externalId: string | null;
  readonly externalSystem: string | null;
}

/** The facts that decide about a change, out of its row. */
export function factsOf(row: SettlementRow): ChangeFacts {
  return {
    status: row.status,
    now: row.now,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    askedBy: row.asked_by,
    rules: row.rules,
    denial: row.denial,
    app:
      row.app_at && row.app_device_enrolled_at
        ? { at: row.app_at, deviceEnrolledAt: row.app_device_enrolled_at }
        : null,
    callback:
      row.callback_at && row.callback_by && row.callback_via && row.callback_number_since
        ? { at: row.callback_at, by: row.callback_by, via: row.callback_via, numberSince: row.callback_number_since }
        : null,
    letter: row.letter_at ? { at: row.letter_at } : null,
    secondAgent: row.approved_by && row.approved_at ? { at: row.approved_at, by: row.approved_by } : null,
  };
}

/** Whether looking at a change should make it take a step. */
export function isDue(row: SettlementRow): boolean {
  return nextStep(factsOf(row)).step !== null;
}

export function describeChange(row: SettlementRow, masked: { before: object | null; after: object } | null): Change {
  const facts = factsOf(row);
  return {
    id: toTypeId('chg', row.id),
    reference: row.reference,
    customerId: row.customer_id,
    subject: row.subject,
    askedThrough: row.asked_through,
    askedBy: row.asked_by,
    status: row.status,
    before: masked?.before ?? null,
    after: masked?.after ?? null,
    atRisk:
      row.at_risk_amount === null ? null : { amount: Number(row.at_risk_amount), currency: row.at_risk_currency! },
    proofs: row.rules.proofs.map((proof) => describeProof(proof, facts, row)),
    releaseAfter: releaseAfter(facts).toISOString(),
    expiresAt: row.expires_at.toISOString(),
    requestedAt: row.requested_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    releasedAt: row.released_at?.toISOString() ?? null,
    disputedAt: row.disputed_at?.toISOString() ?? null,
    refusedBecause: row.refused_because,
    rules: {
      policyVersion: row.policy_version,
      proofs: row.rules.proofs,
      coolingOffSeconds: row.rules.coolingOffSeconds,
      deviceAgeSeconds: row.rules.deviceAgeSeconds,
      contactAgeSeconds: row.rules.contactAgeSeconds,
    },
    checks: row.checks,
    findings: row.findings,
    externalId: row.external_id,
    externalSystem: row.external_system,
  };
}

function describeProof(proof: Proof, facts: ChangeFacts, row: SettlementRow): ProofState {
  const given = proofOf(facts, proof);
  if (given)
    return {
      proof,
      status: 'in',
      at: given.at.toISOString(),
      ...(given.by ? { by: given.by } : {}),
      ...(proof === 'callback' ? { via: row.callback_via! } : {}),
    };
  const waiting =
    (proof === 'app' && row.app_waiting) ||
    (proof === 'callback' && row.callback_open) ||
    (proof === 'letter' && row.letter_open);
  return { proof, status: waiting ? 'waiting' : 'missing' };
}
