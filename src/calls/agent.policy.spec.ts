import { describe, expect, it } from 'vitest';
import { agentOf } from './agent.policy.js';

const AMARA = { id: 'amara', name: 'Amara Okafor' };
const IN_PAYMENTS = { ...AMARA, department: 'Payments' };

describe('who is on a call', () => {
  it('is the person whose token it is, whatever the body says', () => {
    expect(agentOf(IN_PAYMENTS, { id: 'ben', name: 'The Chief Executive', department: 'Fraud Operations' })).toEqual({
      ...AMARA,
      department: 'Fraud Operations',
    });
    expect(agentOf({ ...AMARA, department: null }, undefined)).toEqual({ ...AMARA, department: null });
  });

  it('has the department of the token, unless the body says another', () => {
    expect(agentOf(IN_PAYMENTS, undefined)).toEqual(IN_PAYMENTS);
    expect(agentOf(IN_PAYMENTS, {})).toEqual(IN_PAYMENTS);
    expect(agentOf(IN_PAYMENTS, { department: 'Customer Care' })).toEqual({
      ...AMARA,
      department: 'Customer Care',
    });
  });

  it('is whom telephony names', () => {
    expect(agentOf(null, { ...AMARA })).toEqual({ ...AMARA, department: null });
  });

  it.each([
    [undefined, 'id'],
    [{}, 'id'],
    [{ name: 'Amara Okafor' }, 'id'],
    [{ id: 'amara' }, 'name'],
  ] as const)('is asked of telephony that gives %o', (given, missing) => {
    expect(agentOf(null, given)).toEqual({ missing });
  });
});
