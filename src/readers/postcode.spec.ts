import { describe, expect, it } from 'vitest';
import { readPostcode } from './postcode.js';

describe('readPostcode', () => {
  it.each([
    ['SW1A 1AA', 'GB', 'SW1A 1AA'],
    ['sw1a1aa', 'GB', 'SW1A 1AA'],
    ['SW1A\u00a01AA', 'GB', 'SW1A 1AA'],
    ['SW1A\u202f 1AA', 'GB', 'SW1A 1AA'],
    ['\u200bSW1A\u20091AA\ufeff', 'GB', 'SW1A 1AA'],
    ['ＳＷ１Ａ　１ＡＡ', 'GB', 'SW1A 1AA'],
    ['M1 1AE', 'GB', 'M1 1AE'],
    ['b338th', 'GB', 'B33 8TH'],
    ['GIR0AA', 'GB', 'GIR 0AA'],
    ['BFPO 801', 'GB', 'BFPO 801'],
    ['JE2\t3AB', 'JE', 'JE2 3AB'],
    ['90210\u20131234', 'US', '90210-1234'],
    ['１００－０００１', 'JP', '100-0001'],
    ['100ー0001', 'JP', '100-0001'],
    ['١١٥٦٤', 'SA', '11564'],
    ['D02 AF30', 'IE', 'D02 AF30'],
    ['1234 AB', 'NL', '1234 AB'],
    ['k1a 0b1', 'CA', 'K1A 0B1'],
  ])('%j in %s is %s', (text, country, postcode) => {
    expect(readPostcode(text, country)).toBe(postcode);
    expect(readPostcode(postcode, country)).toBe(postcode);
  });

  it.each([
    '',
    ' ',
    '1',
    '-',
    'SW1A 1AA 1AA 1',
    'SW1A_1AA',
    'SW1A/1AA',
    '1٢345',
    'SW1А 1AA',
    'SW1A\u202e1AA',
    'SW1A\u00001AA',
    '-12',
    '12-',
    'x'.repeat(10_000),
  ])('%j is none', (text) => expect(readPostcode(text, 'GB')).toBeNull());
});
