import { commitmentSalt } from '../crypto/commitment.js';
import { PURPOSE } from '../calls/call.js';
import { DETAILS } from '../changes/change-details-shown.js';
import { type CustomerKey, openFor } from '../customers/customer-keys.js';
import { toTypeId } from '../ids/ids.js';
import { ANSWER } from '../verifications/answers.service.js';
import { withTime } from '../verifications/display.js';
import { DISPLAY } from '../verifications/verifications.service.js';
import type { ChangeEvidence, DeviceEvidence, Opened, VerificationEvidence } from './evidence.js';
import type {
  EvidenceCallbackRow,
  EvidenceCallRow,
  EvidenceChangeRow,
  EvidenceLetterRow,
  EvidenceVerificationRow,
} from './evidence.store.js';

/** Opens what is sealed, together with the salt of its commitment; null once the key is destroyed. */
function opened<Value>(
  key: CustomerKey | null,
  keyId: string,
  context: string,
  id: string,
  sealed: Buffer | null,
  read: (text: string) => Value,
): Opened<Value> | null {
  const text = sealed === null ? null : openFor(key, keyId, context, sealed);
  return text === null ? null : { value: read(text), salt: commitmentSalt(key!.dataKey, context, id).toString('hex') };
}

export function viewVerification(row: EvidenceVerificationRow, key: CustomerKey | null): VerificationEvidence {
  const shown = opened(
    key,
    row.key_id,
    DISPLAY,
    row.id,
    row.display_sealed,
    (text) => JSON.parse(text) as Record<string, unknown>,
  );
  return {
    id: toTypeId('ver', row.id),
    kind: row.kind,
    status: row.status,
    direction: row.direction,
    callId: row.call_id === null ? null : toTypeId('call', row.call_id),
    startedBy: row.started_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    closedAt: time(row.closed_at),
    policyVersion: row.policy_version,
    asks: row.asks,
    challenge: row.challenge,
    codeAttempts: { used: row.attempts_used, allowed: row.attempts_allowed },
    answer: row.answer,
    reason: row.answer_reason,
    handset: row.handset,
    findings: row.findings,
    shown,
    display: shown && withTime(row.kind, shown.value, row.display_time),
    signedAnswer: opened(key, row.key_id, ANSWER, row.id, row.answer_sealed, (text) => text),
    device: viewDevice(row),
  };
}

function viewDevice(row: EvidenceVerificationRow): DeviceEvidence | null {
  if (row.device_id === null || row.public_key === null) return null;
  return {
    id: toTypeId('dev', row.device_id),
    keyThumbprint: row.key_thumbprint!,
    publicKey: row.public_key,
    platform: row.platform!,
    enrolledAt: row.enrolled_at!.toISOString(),
    revokedAt: time(row.revoked_at),
    ageSecondsAtAnswer: row.closed_at && Math.floor((row.closed_at.getTime() - row.enrolled_at!.getTime()) / 1000),
    ...(row.credential_id === null ? {} : { passkey: { credentialId: row.credential_id, rpId: row.rp_id! } }),
  };
}

export function viewCall(row: EvidenceCallRow, key: CustomerKey | null): object {
  const purpose = openFor(key, row.key_id, PURPOSE, row.purpose_sealed);
  return {
    id: toTypeId('call', row.id),
    reference: row.reference,
    direction: row.direction,
    line: row.line,
    // Of the agent only the bank's own id stays when the customer is shredded.
    agent:
      purpose === null
        ? { id: row.agent_id }
        : { id: row.agent_id, name: row.agent_name, department: row.agent_department },
    purpose,
    startedAt: row.started_at.toISOString(),
    endedAt: time(row.ended_at),
    relaySuspectedAt: time(row.relay_suspected_at),
  };
}

export function viewChange(
  row: EvidenceChangeRow,
  callbacks: readonly EvidenceCallbackRow[],
  letters: readonly EvidenceLetterRow[],
  key: CustomerKey | null,
): ChangeEvidence {
  return {
    id: toTypeId('chg', row.id),
    reference: row.reference,
    subject: row.subject,
    status: row.status,
    askedThrough: row.asked_through,
    askedBy: row.asked_by,
    details: opened(
      key,
      row.key_id,
      DETAILS,
      row.id,
      row.details_sealed,
      (text) => JSON.parse(text) as NonNullable<ChangeEvidence['details']>['value'],
    ),
    atRisk: row.at_risk_amount === null ? null : { amount: Number(row.at_risk_amount), currency: row.at_risk_currency },
    rules: row.rules,
    policyVersion: row.policy_version,
    requestedAt: row.requested_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    closedAt: time(row.closed_at),
    releasedAt: time(row.released_at),
    disputedAt: time(row.disputed_at),
    refusedBecause: row.refused_because,
    secondAgent: row.approved_by === null ? null : { by: row.approved_by, at: time(row.approved_at) },
    checks: row.checks,
    callbacks: callbacks.map((callback) => ({
      id: toTypeId('cbk', callback.id),
      reference: callback.reference,
      status: callback.status,
      requestedAt: callback.requested_at.toISOString(),
      attempts: callback.attempts,
      claimedBy: callback.claimed_by,
      claimedAt: time(callback.claimed_at),
      callId: callback.call_id === null ? null : toTypeId('call', callback.call_id),
      verifiedVia: callback.verified_via,
      closedBy: callback.closed_by,
      closedAt: time(callback.closed_at),
      numberOnFileSince: time(callback.number_since),
    })),
    letters: letters.map((letter) => ({
      issuedBy: letter.issued_by,
      issuedAt: letter.issued_at.toISOString(),
      expiresAt: letter.expires_at.toISOString(),
      usedAt: time(letter.used_at),
      voidedAt: time(letter.voided_at),
    })),
  };
}

function time(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
