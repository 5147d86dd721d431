import { Inject, Injectable } from '@nestjs/common';
import { displayHash } from '../crypto/canonical-json.js';
import { CODE_DIGITS, codeMac, codeMatches } from '../crypto/code.js';
import { readUnverifiedHeader, SignatureRefused, verifyDeviceSignature } from '../crypto/device-signature.js';
import type { ServerKeys } from '../crypto/server-keys.js';
import { type CustomerKey, CustomerKeys, commitFor, sealFor } from '../customers/customer-keys.js';
import { isNewDevice } from '../customers/device-age.policy.js';
import { DEVICE_CLOCK_TOLERANCE_SECONDS } from '../customers/device-clock.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { type Advice, adviceFor } from '../policy/advice.policy.js';
import type { Policy } from '../policy/policy.js';
import { PolicyService } from '../policy/policy.service.js';
import { readDigitCode } from '../readers/code.js';
import { type AnswerPayload, readAnswerPayload, type RefusalCause } from './answer.payload.js';
import { type AnswerFacts, type Finding, type Judgement, judgeAnswer } from './answer.policy.js';
import {
  type AnswerContextRow,
  readAnswerContext,
  recordAnswer,
  recordRefusedAnswer,
  recordWrongCode,
} from './answers.store.js';
import { isTerminal } from './verification.machine.js';
import { attemptsLeft, VerificationsService } from './verifications.service.js';
import { lapseVerifications } from './verifications.store.js';

export interface AnswerOutcome {
  readonly status: 'confirmed' | 'denied' | 'reported';
  readonly findings: readonly Finding[];
  readonly attemptsLeft: number;
  readonly advice: Advice;
}

export const ANSWER = 'verifications.answer';
/** Each round that loses saw another answer's effect, and five wrong codes lock: few rounds ever happen. */
const MOST_ROUNDS = 12;
const CLOCK_TOLERANCE_MS = DEVICE_CLOCK_TOLERANCE_SECONDS * 1_000;

class AnswerRefused extends Error {
  constructor(readonly refusal: RefusalCause) {
    super('answer refused');
  }
}

@Injectable()
export class AnswersService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly verifications: VerificationsService,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: ServerKeys,
  ) {}

  /**
   * Judges a signed answer and closes the verification with it, or counts a wrong code.
   * @throws Refusal 404; 409 where it is closed; 422 `answer-not-accepted` (one answer for every cause), `code-required`,
   * `not-a-code` or `code-mismatch`; 423 for the wrong code that locks.
   */
  async answer(caller: Requester, verificationId: string, jws: string): Promise<AnswerOutcome> {
    const db = this.databases.of(caller);
    const id = fromTypeId('ver', verificationId);
    if (id === null) throw new Refusal('not-found');
    const { policy } = await this.policies.current(db.tenantId);
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const outcome = await this.tryOnce(db, id, verificationId, jws, policy);
        if (!outcome) continue;
        db.afterCommit(() => this.metrics.answers.inc({ outcome: outcome.status }));
        return outcome;
      }
      throw new Refusal('conflict');
    } catch (error) {
      if (error instanceof Refusal) db.afterCommit(() => this.metrics.answers.inc({ outcome: error.reason }));
      throw error;
    } finally {
      db.afterCommit(() => this.tail.wake(db.tenantId));
    }
  }

  /** Null where another answer came between reading and writing. */
  private async tryOnce(
    db: TenantHandle,
    id: string,
    verificationId: string,
    jws: string,
    policy: Policy,
  ): Promise<AnswerOutcome | null> {
    const device = readDeviceId(jws);
    const row = await readAnswerContext(db, id, device?.uuid ?? null);
    if (!row) throw new Refusal('not-found');
    await refuseClosed(db, row);
    const key =
      row.wrapped_key && row.customer_key_id
        ? this.keys.unwrap(db.tenantId, row.customer_id, { key_id: row.customer_key_id, wrapped_key: row.wrapped_key })
        : null;
    let payload: AnswerPayload;
    try {
      payload = this.verify(row, key, verificationId, jws, device?.kid);
    } catch (error) {
      if (!(error instanceof AnswerRefused)) throw error;
      await recordRefusedAnswer(db, id, error.refusal);
      throw new Refusal('answer-not-accepted');
    }
    if (payload.answer === 'yes' && row.call_live === false) throw new Refusal('call-ended');
    const judgement = judgeAnswer(this.facts(db.tenantId, row, payload, policy));
    return this.record(db, row, key!, device!.uuid, payload, jws, judgement, policy);
  }

  private async record(
    db: TenantHandle,
    row: AnswerContextRow,
    key: CustomerKey,
    deviceId: string,
    payload: AnswerPayload,
    jws: string,
    judgement: Judgement,
    policy: Policy,
  ): Promise<AnswerOutcome | null> {
    const seen = {
      id: row.id,
      customerId: row.customer_id,
      deviceId,
      attemptsSeen: row.attempts_used,
      failuresSeen: row.code_failures ?? 0,
    };
    if (judgement.outcome === 'device_too_new') throw new Refusal('device-too-new');
    if (judgement.outcome === 'code_required') throw new Refusal('code-required', { attemptsLeft: attemptsLeft(row) });
    if (judgement.outcome === 'not_a_code')
      throw new Refusal('not-a-code', {
        attemptsLeft: attemptsLeft(row),
        advice: adviceFor('try_code_again', policy, row.locale),
        errors: [{ pointer: '#/jws', detail: 'the `code` in it must be six digits' }],
      });
    if (judgement.outcome === 'wrong_code') {
      const counted = await recordWrongCode(db, { ...seen, attemptsAllowed: row.attempts_allowed });
      if (!counted) return null;
      if (counted.locked)
        throw new Refusal('locked', { attemptsLeft: 0, advice: adviceFor('locked', policy, row.locale) });
      throw new Refusal('code-mismatch', {
        attemptsLeft: attemptsLeft({ ...row, code_failures: counted.code_failures }),
        advice: adviceFor('try_code_again', policy, row.locale),
      });
    }
    const { outcome: status, findings } = judgement;
    const recorded = await recordAnswer(db, {
      id: row.id,
      customerId: row.customer_id,
      deviceId,
      attemptsSeen: seen.attemptsSeen,
      failuresSeen: seen.failuresSeen,
      callId: row.call_id,
      keyId: key.keyId,
      changeId: row.change_id,
      status,
      findings,
      answer: payload.answer,
      reason: payload.reason,
      handset: payload.handset,
      answerSealed: sealFor(key, ANSWER, jws),
      answerCommitment: commitFor(key, ANSWER, row.id, jws),
    });
    if (!recorded) return null;
    const left = status === 'confirmed' ? row.attempts_allowed : attemptsLeft(row);
    return {
      status,
      findings,
      attemptsLeft: left,
      advice: adviceFor(adviceCode(status, findings, row), policy, row.locale),
    };
  }

  private verify(
    row: AnswerContextRow,
    key: CustomerKey | null,
    verificationId: string,
    jws: string,
    kid: string | undefined,
  ): AnswerPayload {
    if (!row.public_key || kid === undefined) throw new AnswerRefused('device');
    const payload = readAnswerPayload(verifyOrRefuse(jws, row.public_key, kid));
    if (!payload) throw new AnswerRefused('shape');
    if (payload.verification !== verificationId) throw new AnswerRefused('verification');
    if (payload.challenge !== row.challenge) throw new AnswerRefused('challenge');
    const display = this.verifications.openDisplay(key, row);
    if (display === null || payload.display !== displayHash(display)) throw new AnswerRefused('display');
    const issuedAt = payload.iat * 1000;
    if (issuedAt < row.created_at.getTime() - CLOCK_TOLERANCE_MS || issuedAt > row.now.getTime() + CLOCK_TOLERANCE_MS)
      throw new AnswerRefused('issued_at');
    return payload;
  }

  private facts(tenantId: string, row: AnswerContextRow, payload: AnswerPayload, policy: Policy): AnswerFacts {
    return {
      direction: row.direction,
      answer: payload.answer,
      reason: payload.reason,
      code: this.compareCode(tenantId, row, payload.code),
      handset: payload.handset,
      relayKnown: row.relay_suspected_at !== null,
      newDevice: isNewDevice(
        row.device_enrolled_at!,
        row.change_device_age_seconds ?? policy.device.ageSeconds,
        row.change_requested_at ?? row.now,
      ),
      vouchesForChange: row.change_id !== null,
      newContact:
        row.newest_contact_since !== null &&
        row.now.getTime() < row.newest_contact_since.getTime() + policy.contact.ageSeconds * 1000,
    };
  }

  private compareCode(tenantId: string, row: AnswerContextRow, code: string | null): AnswerFacts['code'] {
    if (!row.asks.includes('code')) return 'not_asked';
    if (code === null) return 'missing';
    const digits = readDigitCode(code, CODE_DIGITS);
    if (digits === null) return 'unreadable';
    const given = codeMac(this.serverKeys.codeMac, { tenantId, verificationId: row.id, code: digits });
    return row.code_mac !== null && codeMatches(row.code_mac, given) ? 'right' : 'wrong';
  }
}

function readDeviceId(jws: string): { uuid: string; kid: string } | null {
  try {
    const { kid } = readUnverifiedHeader(jws);
    const uuid = fromTypeId('dev', kid);
    return uuid === null ? null : { uuid, kid };
  } catch (error) {
    if (error instanceof SignatureRefused) return null;
    throw error;
  }
}

function verifyOrRefuse(
  jws: string,
  publicKey: NonNullable<AnswerContextRow['public_key']>,
  keyId: string,
): Record<string, unknown> {
  try {
    return verifyDeviceSignature({ jws, typ: 'answer+jws', publicKey, keyId }).payload;
  } catch (error) {
    if (error instanceof SignatureRefused) throw new AnswerRefused(error.failure);
    throw error;
  }
}

async function refuseClosed(db: TenantHandle, row: AnswerContextRow): Promise<void> {
  if (row.lapsed) {
    await lapseVerifications(db, [row.id]);
    throw new Refusal('verification-closed', { verificationStatus: 'expired' });
  }
  if (isTerminal(row.status)) throw new Refusal('verification-closed', { verificationStatus: row.status });
}

function adviceCode(
  status: AnswerOutcome['status'],
  findings: readonly Finding[],
  row: AnswerContextRow,
): 'confirmed' | 'not_confirmed' | 'someone_rang_as_you' | 'hang_up' {
  if (status === 'confirmed') return 'confirmed';
  if (status === 'denied') return 'not_confirmed';
  return row.direction === 'inbound' && findings.includes('relay_suspected') ? 'someone_rang_as_you' : 'hang_up';
}
