import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskAccount } from './masking.js';
import { readRollNumber, rollNumberKey } from './roll-number.js';

const rollNumbers = fc
  .stringMatching(/^[A-Z0-9 ./-]{1,18}$/)
  .map((text) => readRollNumber(text))
  .filter((read) => read !== null);
const account = (rollNumber?: string) => ({
  holder: 'Ann Lee',
  sortCode: '20-20-15',
  accountNumber: '55555555',
  rollNumber,
});
const mask = (rollNumber: string, beside?: string) => maskAccount(account(rollNumber), account(beside)).rollNumber;

describe('a masked roll number', () => {
  it('shows the last four characters, and half of a short one', () => {
    expect(['B/1234567-8', '12345', '123', '1', 'A-1'].map((number) => mask(number))).toEqual([
      '••••5678',
      '••••45',
      '••••3',
      '••••',
      '••••1',
    ]);
    expect(maskAccount(account())).toEqual({ holder: 'Ann Lee', account: '••-••-•• ••••5555' });
  });

  it('never looks like another beside it, and shows no more than it must', () => {
    expect([mask('B/1234567-8', 'C/9994567-8'), mask('C/9994567-8', 'B/1234567-8')]).toEqual([
      'B/1234567-8',
      'C/9994567-8',
    ]);
    expect([mask('B/1234567-8', 'B12345678'), mask('B/1234567-8', 'B/1234567-9')]).toEqual(['••••5678', '••••5678']);
    fc.assert(
      fc.property(rollNumbers, rollNumbers, fc.boolean(), (one, other, share) => {
        const beside = share ? (readRollNumber(other.slice(0, 6) + one.slice(-6)) ?? other) : other;
        if (rollNumberKey(one) === rollNumberKey(beside)) return;
        expect(mask(one, beside)).not.toBe(mask(beside, one));
      }),
      { numRuns: 1_000 },
    );
  });
});
