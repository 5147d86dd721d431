import type { AskedThrough, ChangeRule, ChangeSubject, Proof } from '../policy/policy.js';

/**
 * What is odd about the details that are wanted. `costly_number`: a call to it costs a multiple, of which its holder has a
 * share.
 */
export const CHANGE_FINDINGS = ['costly_number'] as const;
export type ChangeFinding = (typeof CHANGE_FINDINGS)[number];

/** What is known when a change is asked for. */
export interface RequestFacts {
  readonly subject: ChangeSubject;
  readonly askedThrough: AskedThrough;
  /** A device of the customer that is enrolled long enough. */
  readonly hasTrustedDevice: boolean;
  /** A phone number that is on file long enough. */
  readonly hasOldNumber: boolean;
  /** The amount at risk is above policy's limit, or in a currency that the limit says nothing of. */
  readonly aboveLimit: boolean;
  readonly findings: readonly ChangeFinding[];
}

/** In this order everywhere. */
const ORDER: readonly Proof[] = ['app', 'callback', 'letter', 'second_agent'];

/**
 * The proofs that a change needs: those of the first rule that fits, else the safe defaults. A proof that the customer
 * cannot give is replaced by ones that are harder to fake, never dropped: without a trusted device a callback and a
 * letter stand for the app; without a number that is old enough a letter and a second agent stand for the callback. A change that is proved is
 * released by itself, so where something is odd about it a second agent looks at it first.
 */
export function requiredProofs(facts: RequestFacts, rules: readonly ChangeRule[]): readonly Proof[] {
  const fitting = rules.find(
    (rule) =>
      (rule.subject ?? facts.subject) === facts.subject &&
      (rule.askedThrough ?? facts.askedThrough) === facts.askedThrough,
  );
  const needed = new Set<Proof>(fitting?.proofs ?? defaultProofs(facts.subject, facts.askedThrough));
  if (facts.aboveLimit || facts.findings.length > 0) needed.add('second_agent');
  if (needed.has('app') && !facts.hasTrustedDevice) {
    needed.delete('app');
    needed.add('callback').add('letter');
  }
  if (needed.has('callback') && !facts.hasOldNumber) {
    needed.delete('callback');
    needed.add('letter').add('second_agent');
  }
  return ORDER.filter((proof) => needed.has(proof));
}

/** Who stands in a branch was seen; whoever writes, rings or holds an unlocked phone was not. */
function defaultProofs(subject: ChangeSubject, askedThrough: AskedThrough): readonly Proof[] {
  switch (subject) {
    case 'payout_account':
    case 'payee_account':
    case 'phone_number':
      return askedThrough === 'branch' ? ['app'] : ['app', 'callback'];
    case 'postal_address':
    case 'email':
      return askedThrough === 'branch' || askedThrough === 'app' ? ['app'] : ['app', 'callback'];
    default:
      throw new TypeError(`unknown subject ${String(subject)}`);
  }
}

/** Whether the amount at risk asks for a second agent. */
export function isAboveLimit(
  atRisk: { amount: number; currency: string } | null,
  limit: { amount: number; currency: string },
): boolean {
  return atRisk !== null && (atRisk.currency !== limit.currency || atRisk.amount > limit.amount);
}
