import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from './policy.js';
import { checkPolicy } from './policy-check.js';

const pointers = (document: Parameters<typeof checkPolicy>[0]) => checkPolicy(document).map(({ pointer }) => pointer);

describe('checkPolicy', () => {
  it('finds nothing wrong with the defaults, nor with nothing', () => {
    expect(checkPolicy(DEFAULT_POLICY)).toEqual([]);
    expect(checkPolicy({})).toEqual([]);
  });

  it('refuses a country in which there are no phone numbers', () => {
    expect([pointers({ defaultCountry: 'AQ' }), pointers({ defaultCountry: 'TF' })]).toEqual([
      ['#/defaultCountry'],
      ['#/defaultCountry'],
    ]);
    expect([pointers({ defaultCountry: 'JE' }), pointers({ defaultCountry: 'XK' })]).toEqual([[], []]);
  });

  it('refuses a holiday that no calendar has', () => {
    expect(
      pointers({ callbacks: { holidays: ['2026-12-25', '2026-02-29', '2024-02-29', '2026-13-01', '0000-01-01'] } }),
    ).toEqual(['#/callbacks/holidays/1', '#/callbacks/holidays/3', '#/callbacks/holidays/4']);
    expect(pointers({ callbacks: { holidays: ['2026-12-25', '2026-12-25'] } })).toEqual([]);
  });

  it('refuses hours that close before they open, also against a default', () => {
    expect(pointers({ callbacks: { opens: '10:00', closes: '09:00' } })).toEqual(['#/callbacks/closes']);
    expect(pointers({ callbacks: { opens: '21:00' } })).toEqual(['#/callbacks/closes']);
    expect(pointers({ callbacks: { opens: '00:00', closes: '24:00' } })).toEqual([]);
  });

  it('refuses a rule that asks the customer nothing, or one thing twice', () => {
    expect(pointers({ changes: { rules: [{ proofs: ['app'] }, { proofs: ['second_agent'] }] } })).toEqual([
      '#/changes/rules/1/proofs',
    ]);
    expect(pointers({ changes: { rules: [{ proofs: ['app', 'app'] }] } })).toEqual(['#/changes/rules/0/proofs']);
  });
});
