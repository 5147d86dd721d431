import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASKED_THROUGH, CHANGE_SUBJECTS, PROOFS } from '../policy/policy.js';
import { CHANGE_FINDINGS, isAboveLimit, requiredProofs, type RequestFacts } from './change-rules.policy.js';

const facts: RequestFacts = {
  subject: 'payee_account',
  askedThrough: 'email',
  hasTrustedDevice: true,
  hasOldNumber: true,
  aboveLimit: false,
  findings: [],
};
const anyFacts = fc.record({
  subject: fc.constantFrom(...CHANGE_SUBJECTS),
  askedThrough: fc.constantFrom(...ASKED_THROUGH),
  hasTrustedDevice: fc.boolean(),
  hasOldNumber: fc.boolean(),
  aboveLimit: fc.boolean(),
  findings: fc.subarray([...CHANGE_FINDINGS]),
});
const anyRules = fc.array(
  fc.record({
    subject: fc.option(fc.constantFrom(...CHANGE_SUBJECTS), { nil: undefined }),
    askedThrough: fc.option(fc.constantFrom(...ASKED_THROUGH), { nil: undefined }),
    proofs: fc
      .uniqueArray(fc.constantFrom(...PROOFS), { minLength: 1 })
      .filter((proofs) => proofs.some((proof) => proof !== 'second_agent')),
  }),
  { maxLength: 5 },
);

describe('requiredProofs', () => {
  it.each(['phone', 'email'] as const)(
    'an account change asked for by %s needs the app and a callback',
    (askedThrough) => {
      expect(requiredProofs({ ...facts, askedThrough }, [])).toEqual(['app', 'callback']);
      expect(requiredProofs({ ...facts, askedThrough, subject: 'payout_account' }, [])).toEqual(['app', 'callback']);
    },
  );

  it('without a trusted device a callback and a letter', () => {
    expect(requiredProofs({ ...facts, hasTrustedDevice: false }, [])).toEqual(['callback', 'letter']);
  });

  it('without a number that is old enough a letter and a second agent stand for the callback', () => {
    expect(requiredProofs({ ...facts, hasOldNumber: false }, [])).toEqual(['app', 'letter', 'second_agent']);
    expect(requiredProofs({ ...facts, hasOldNumber: false, hasTrustedDevice: false }, [])).toEqual([
      'letter',
      'second_agent',
    ]);
  });

  it('above the limit also a second agent, and another currency counts as above', () => {
    expect(requiredProofs({ ...facts, aboveLimit: true }, [])).toEqual(['app', 'callback', 'second_agent']);
    const limit = { amount: 100, currency: 'GBP' };
    expect([
      isAboveLimit({ amount: 100, currency: 'GBP' }, limit),
      isAboveLimit({ amount: 100.01, currency: 'GBP' }, limit),
      isAboveLimit({ amount: 1, currency: 'EUR' }, limit),
      isAboveLimit(null, limit),
    ]).toEqual([false, true, true, false]);
  });

  it('with something odd about the details also a second agent, because nobody else would look at it', () => {
    expect(requiredProofs({ ...facts, subject: 'phone_number', findings: ['costly_number'] }, [])).toEqual([
      'app',
      'callback',
      'second_agent',
    ]);
    expect(
      requiredProofs({ ...facts, subject: 'phone_number', findings: ['costly_number'] }, [{ proofs: ['app'] }]),
    ).toEqual(['app', 'second_agent']);
  });

  it('the first rule of the policy that fits decides', () => {
    expect(
      requiredProofs(facts, [
        { askedThrough: 'phone', proofs: ['letter'] },
        { subject: 'payee_account', proofs: ['callback'] },
        { proofs: ['app'] },
      ]),
    ).toEqual(['callback']);
  });

  it('whatever the policy, something is asked of the customer, never of a device or number they do not have', () => {
    fc.assert(
      fc.property(anyFacts, anyRules, (request, rules) => {
        const proofs = requiredProofs(request, rules);
        expect(proofs.some((proof) => proof !== 'second_agent')).toBe(true);
        expect(new Set(proofs).size).toBe(proofs.length);
        if (!request.hasTrustedDevice) expect(proofs).not.toContain('app');
        if (!request.hasOldNumber) expect(proofs).not.toContain('callback');
        if (request.aboveLimit || request.findings.length > 0) expect(proofs).toContain('second_agent');
      }),
    );
  });
});
