import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskRollNumber, readRollNumber, rollNumberKey } from './roll-number.js';

const rollNumbers = fc.stringMatching(/^[A-Z0-9 ./-]{1,18}$/).map((text) => readRollNumber(text)).filter((read) => read !== null);

describe('maskRollNumber', () => {
  it('shows the last four characters, and half of a short one', () => {
    expect(['B/1234567-8', '12345', '123', '1', 'A-1'].map((number) => maskRollNumber(number))).toEqual(['••••5678', '••••45', '••••3', '••••', '••••1']);
  });

  it('never makes two that differ look alike beside one another, and shows no more of one than it must', () => {
    expect([maskRollNumber('B/1234567-8', 'C/9994567-8'), maskRollNumber('C/9994567-8', 'B/1234567-8')]).toEqual(['B/1234567-8', 'C/9994567-8']);
    expect([maskRollNumber('B/1234567-8', 'B12345678'), maskRollNumber('B/1234567-8', 'B/1234567-9')]).toEqual(['••••5678', '••••5678']);
    fc.assert(fc.property(rollNumbers, rollNumbers, fc.boolean(), (one, other, share) => {
      const beside = share ? (readRollNumber(other.slice(0, 6) + one.slice(-6)) ?? other) : other;
      if (rollNumberKey(one) === rollNumberKey(beside)) return;
      expect(maskRollNumber(one, beside)).not.toBe(maskRollNumber(beside, one));
    }), { numRuns: 1_000 });
  });
});
