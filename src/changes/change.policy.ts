import type { Proof } from '../policy/policy.js';

/**
 * The states of a change. Everything but `held` is terminal, except that a released change can still be disputed.
 *
 *   held ──▶ released ──▶ disputed
 *     └────▶ refused | withdrawn | expired
 */
export const CHANGE_STATUSES = ['held', 'released', 'refused', 'withdrawn', 'expired', 'disputed'] as const;
export type ChangeStatus = (typeof CHANGE_STATUSES)[number];

/** The rules that a change was born with; a later policy does not touch them. */
export interface ChangeRules {
  readonly proofs: readonly Proof[];
  readonly coolingOffSeconds: number;
  readonly deviceAgeSeconds: number;
  readonly contactAgeSeconds: number;
}

/** A proof as it was given: when, and by which agent where it took one. */
export interface GivenProof {
  readonly at: Date;
  readonly by?: string;
}

/** Everything that decides what becomes of a change. Times are the database's. */
export interface ChangeFacts {
  readonly status: ChangeStatus;
  readonly now: Date;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly askedBy: string;
  readonly rules: ChangeRules;
  /** A no, a suspected relay, or a customer who declined on the phone; what it was. */
  readonly denial: string | null;
  readonly app: (GivenProof & { readonly deviceEnrolledAt: Date }) | null;
  readonly callback:
    | (GivenProof & {
        readonly by: string;
        readonly via: 'app' | 'offline_code' | 'spoken';
        readonly numberSince: Date;
      })
    | null;
  readonly letter: GivenProof | null;
  readonly secondAgent: (GivenProof & { readonly by: string }) | null;
}

export type ChangeStep =
  | { readonly step: 'release' | 'expire' }
  | { readonly step: 'refuse'; readonly because: string }
  | { readonly step: null };

/** What a change's state asks to be done now, by anybody who looks at it. An unknown status throws. */
export function nextStep(facts: ChangeFacts): ChangeStep {
  if (!CHANGE_STATUSES.includes(facts.status)) throw new TypeError(`unknown change status ${String(facts.status)}`);
  if (facts.status !== 'held') return { step: null };
  if (facts.denial !== null) return { step: 'refuse', because: facts.denial };
  if (isProved(facts) && facts.now >= releaseAfter(facts)) return { step: 'release' };
  if (facts.now >= facts.expiresAt) return { step: 'expire' };
  return { step: null };
}

/** Whether every proof that the rules ask for is in. */
export function isProved(facts: ChangeFacts): boolean {
  return facts.rules.proofs.length > 0 && facts.rules.proofs.every((proof) => proofOf(facts, proof) !== null);
}

/** Before this the change is not released: cooling-off from the last proof, or from the request while none is in. */
export function releaseAfter(facts: ChangeFacts): Date {
  const given = facts.rules.proofs.map((proof) => proofOf(facts, proof)?.at ?? facts.requestedAt);
  const last = Math.max(facts.requestedAt.getTime(), ...given.map((at) => at.getTime()));
  return new Date(last + facts.rules.coolingOffSeconds * 1000);
}

/** The proof if it counts, else null (domain rules 5 and 6). */
export function proofOf(facts: ChangeFacts, proof: Proof): GivenProof | null {
  switch (proof) {
    case 'app':
      return facts.app && wasOldEnough(facts.app.deviceEnrolledAt, facts.rules.deviceAgeSeconds, facts.requestedAt)
        ? facts.app
        : null;
    case 'callback':
      return callbackCounts(facts) ? facts.callback : null;
    case 'letter':
      return facts.letter;
    case 'second_agent':
      return secondAgentCounts(facts) ? facts.secondAgent : null;
    default:
      throw new TypeError(`unknown proof ${String(proof)}`);
  }
}

/** Rung by somebody else than who asked, on a number that was old enough; a word alone counts only beside a letter. */
function callbackCounts({ callback, askedBy, rules, requestedAt }: ChangeFacts): boolean {
  return (
    callback !== null &&
    callback.by !== askedBy &&
    wasOldEnough(callback.numberSince, rules.contactAgeSeconds, requestedAt) &&
    (callback.via !== 'spoken' || rules.proofs.includes('letter'))
  );
}

function secondAgentCounts({ secondAgent, askedBy, callback }: ChangeFacts): boolean {
  return secondAgent !== null && secondAgent.by !== askedBy && secondAgent.by !== callback?.by;
}

/** Old enough already when the change was asked for: what came after the request may be the fraudster's. */
function wasOldEnough(since: Date, ageSeconds: number, requestedAt: Date): boolean {
  return since.getTime() + ageSeconds * 1000 <= requestedAt.getTime();
}
