import { Inject, Injectable } from '@nestjs/common';
import { displayHash } from '../crypto/canonical-json.js';
import { CODE_DIGITS, codeMac, codeMatches } from '../crypto/code.js';
import type { RelyingParties, RelyingParty } from '../config/passkey-settings.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { type CustomerKey, CustomerKeys, commitFor, sealFor } from '../customers/customer-keys.js';
import { isNewDevice } from '../customers/device-age.policy.js';
import { DEVICE_CLOCK_TOLERANCE_SECONDS } from '../customers/device-clock.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId } from '../ids/ids.js';
import { requireOwn } from '../refusals/own-customer.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { type Advice, adviceFor, type Locales } from '../policy/advice.js';
import type { Policy } from '../policy/policy.js';
import { PolicyService } from '../policy/policy.service.js';
import { readDigitCode } from '../readers/code.js';
import { type AnswerPayload, readAnswerPayload, type RefusalCause } from './answer.payload.js';
import { type AnswerFacts, type Finding, type Judgement, judgeAnswer } from './answer.policy.js';
import { type AnswerContextRow, recordRefusedAnswer, recordWrongCode } from './answers.store.js';
import { recordGiven } from './answers-together.store.js';
import { AnswerRefused, jwsAnswer, passkeyAnswer, type SignedAnswer } from './signed-answer.js';
import { isTerminal } from './verification.machine.js';
import { attemptsLeft, VerificationsService } from './verifications.service.js';
import { lapseVerifications } from './verifications.store.js';

export interface AnswerOutcome {
  readonly status: 'confirmed' | 'denied' | 'reported';
  readonly findings: readonly Finding[];
  readonly attemptsLeft: number;
  readonly advice: Advice;
}

/** What decides, and the languages that were asked for. */
interface Wording {
  readonly policy: Policy;
  readonly languages: readonly string[];
}

export const ANSWER = 'verifications.answer';
/** Each round that loses saw another answer's effect, and five wrong codes lock: few rounds ever happen. */
const MOST_ROUNDS = 12;
const CLOCK_TOLERANCE_MS = DEVICE_CLOCK_TOLERANCE_SECONDS * 1_000;

/** A signed answer as it was sent: exactly one of the two. */
export interface GivenAnswer {
  /** Compact JWS. */
  readonly jws?: string;
  /** `payload` as a JWS would sign it, and the assertion over it (AuthenticationResponseJSON). */
  readonly passkey?: object;
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
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
    @Inject(PROVIDED.relyingParties) private readonly relyingParties: RelyingParties,
    @Inject(PROVIDED.tracedTenants) private readonly traced: Pick<ReadonlySet<string>, 'has'>,
  ) {}

  /**
   * Judges a signed answer and closes the verification with it, or counts a wrong code.
   * @throws Refusal 400 unless it is signed one way; 404; 409 where it is closed; 422 `answer-not-accepted` (one answer for every cause), `code-required`,
   * `not-a-code` or `code-mismatch`; 423 for the wrong code that locks.
   */
  async answer(
    caller: Requester,
    verificationId: string,
    given: GivenAnswer,
    languages: readonly string[] = [],
  ): Promise<AnswerOutcome> {
    const db = this.databases.of(caller);
    const signed = readSigned(given, this.relyingParties.get(db.tenantId) ?? null);
    const id = fromTypeId('ver', verificationId);
    if (id === null) throw new Refusal('not-found');
    const { policy } = await this.policies.current(db.tenantId);
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const outcome = await this.tryOnce(caller, db, id, verificationId, signed, { policy, languages });
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
    caller: Requester,
    db: TenantHandle,
    id: string,
    verificationId: string,
    signed: SignedAnswer,
    { policy, languages }: Wording,
  ): Promise<AnswerOutcome | null> {
    const row = await signed.context(db, id);
    if (!row) throw new Refusal('not-found');
    requireOwn(caller, row.customer_id);
    await refuseClosed(db, row);
    const key =
      row.wrapped_key && row.customer_key_id
        ? this.keys.unwrap(db.tenantId, row.customer_id, {
            key_id: row.customer_key_id,
            wrapped_key: row.wrapped_key,
            locale: row.locale,
          })
        : null;
    let payload: AnswerPayload;
    let signCount: number | null;
    try {
      const opened = await signed.verify(row);
      ({ signCount } = opened);
      payload = this.read(row, key, verificationId, opened.payload);
    } catch (error) {
      if (!(error instanceof AnswerRefused)) throw error;
      throw await this.refuse(db, id, error.refusal, signed.deviceId(row));
    }
    if (payload.answer === 'yes' && row.call_live === false) throw new Refusal('call-ended');
    const judgement = judgeAnswer(this.facts(db.tenantId, row, payload, policy));
    return this.record(db, row, key!, { signed, payload, signCount }, judgement, {
      policy,
      locales: [row.locale, ...languages],
    });
  }

  /** The same for every cause: where developers may ask, with a trace under which they do. */
  private async refuse(db: TenantHandle, id: string, cause: RefusalCause, deviceId: string | null): Promise<Refusal> {
    const trace = this.traced.has(db.tenantId) ? newId('trc') : null;
    await recordRefusedAnswer(db, id, cause, trace && { traceId: trace.uuid, deviceId });
    return new Refusal('answer-not-accepted', trace ? { traceId: trace.id } : {});
  }

  private async record(
    db: TenantHandle,
    row: AnswerContextRow,
    key: CustomerKey,
    { signed, payload, signCount }: { signed: SignedAnswer; payload: AnswerPayload; signCount: number | null },
    judgement: Judgement,
    { policy, locales }: { readonly policy: Policy; readonly locales: Locales },
  ): Promise<AnswerOutcome | null> {
    const seen = {
      id: row.id,
      customerId: row.customer_id,
      deviceId: row.answering_device_id!,
      attemptsSeen: row.attempts_used,
      failuresSeen: row.code_failures ?? 0,
      signCount,
    };
    refuseUnjudged(judgement, row, policy, locales, signed.codePointer);
    if (judgement.outcome === 'wrong_code') {
      const counted = await recordWrongCode(db, { ...seen, attemptsAllowed: row.attempts_allowed });
      if (!counted) return null;
      if (counted.locked)
        throw new Refusal('locked', { attemptsLeft: 0, advice: adviceFor('locked', policy, locales) });
      throw new Refusal('code-mismatch', {
        attemptsLeft: attemptsLeft({ ...row, code_failures: counted.code_failures }),
        advice: adviceFor('try_code_again', policy, locales),
      });
    }
    const { outcome: status, findings } = judgement;
    const recorded = await recordGiven(db, {
      ...seen,
      callId: row.call_id,
      keyId: key.keyId,
      changeId: row.change_id,
      status,
      findings,
      answer: payload.answer,
      reason: payload.reason,
      handset: payload.handset,
      answerSealed: sealFor(key, ANSWER, signed.text),
      answerCommitment: commitFor(key, ANSWER, row.id, signed.text),
    });
    if (!recorded) return null;
    const left = status === 'confirmed' ? row.attempts_allowed : attemptsLeft(row);
    return {
      status,
      findings,
      attemptsLeft: left,
      advice: adviceFor(adviceCode(status, findings, row), policy, locales),
    };
  }

  private read(
    row: AnswerContextRow,
    key: CustomerKey | null,
    verificationId: string,
    signed: Record<string, unknown>,
  ): AnswerPayload {
    const payload = readAnswerPayload(signed);
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
      channel: row.channel,
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
    if (row.code_mac === null) return 'wrong';
    const of = { tenantId, verificationId: row.id, code: digits };
    const given = this.serverKeys.makeLike(row.code_mac, (keys) => codeMac(keys.codeMac, of));
    return codeMatches(row.code_mac, given) ? 'right' : 'wrong';
  }
}

/** @throws Refusal 400 unless it is signed one way, in the form of that. */
function readSigned({ jws, passkey }: GivenAnswer, relyingParty: RelyingParty | null): SignedAnswer {
  if ((jws === undefined) === (passkey === undefined))
    throw invalidField(jws === undefined ? '#/jws' : '#/passkey', 'exactly one of `jws` and `passkey` must be given');
  if (jws !== undefined) return jwsAnswer(jws);
  const signed = passkeyAnswer({ ...passkey }, relyingParty);
  if (signed === null)
    throw invalidField(
      '#/passkey',
      'must be `{ payload, response }`: what is signed, and what `PublicKeyCredential.toJSON()` gives of the assertion over it',
    );
  return signed;
}

async function refuseClosed(db: TenantHandle, row: AnswerContextRow): Promise<void> {
  if (row.lapsed) {
    await lapseVerifications(db, [row.id]);
    throw new Refusal('verification-closed', { verificationStatus: 'expired' });
  }
  if (isTerminal(row.status)) throw new Refusal('verification-closed', { verificationStatus: row.status });
}

/** What counts neither as an answer nor as an attempt. */
function refuseUnjudged(
  judgement: Judgement,
  row: AnswerContextRow,
  policy: Policy,
  locales: Locales,
  pointer: string,
): asserts judgement is Exclude<Judgement, { outcome: 'device_too_new' | 'code_required' | 'not_a_code' }> {
  if (judgement.outcome === 'device_too_new') throw new Refusal('device-too-new');
  if (judgement.outcome === 'code_required') throw new Refusal('code-required', { attemptsLeft: attemptsLeft(row) });
  if (judgement.outcome !== 'not_a_code') return;
  throw new Refusal('not-a-code', {
    attemptsLeft: attemptsLeft(row),
    advice: adviceFor('try_code_again', policy, locales),
    errors: [{ pointer, detail: 'the `code` in it must be six digits' }],
  });
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
