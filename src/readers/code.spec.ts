import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CROCKFORD_ALPHABET, readCrockfordCode, readDigitCode } from './code.js';

const ZEROS = [
  '\u0660',
  '\u06f0',
  '\u07c0',
  '\u0966',
  '\u09e6',
  '\u0a66',
  '\u0be6',
  '\u0e50',
  '\u1040',
  '\u17e0',
  '\uff10',
  '\u{1d7ce}',
  '\u{1e950}',
  '\u{1fbf0}',
];
const inSystem = (digits: string, zero: string): string =>
  digits.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero.codePointAt(0)! + Number(digit)));
const BETWEEN = [
  ' ',
  '\u00a0',
  '\u2009',
  '\u3000',
  '\t',
  '\n',
  '-',
  '\u2010',
  '\u2011',
  '\u2012',
  '\u2013',
  '\u2014',
  '\u2015',
  '\u2212',
  '\uff0d',
  '\ufe63',
  '\u00ad',
  '\u058a',
  '\u30fc',
  '\u200b',
  '\u200e',
  '\u202c',
  '\u2066',
  '\ufeff',
  '\u2060',
  '\u2800',
  '\ufe0f',
  '',
];

describe('a code of digits', () => {
  it('is read in any script, with anything between its digits that is none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999 }),
        fc.constantFrom('0', ...ZEROS),
        fc.array(fc.constantFrom(...BETWEEN), { minLength: 7, maxLength: 7 }),
        (number, zero, between) => {
          const code = String(number).padStart(6, '0');
          expect(
            readDigitCode(
              [...inSystem(code, zero)].map((digit, place) => between[place] + digit).join('') + between[6],
              6,
            ),
          ).toBe(code);
        },
      ),
    );
  });

  it('may be typed in several systems at once', () => {
    expect(readDigitCode('4\u0668\u09e7\uff12\u06f05', 6)).toBe('481205');
  });

  it.each([
    '\u202e502184',
    '\u202d481205',
    '',
    ' ',
    '48120',
    '4812055',
    '48120a',
    '48120O',
    '48120l',
    '48120\u00b2',
    '48120\u2464',
    '48120\u041e',
    '48120.',
    '48.12.05',
    '+48120',
    '4812\u{1f601}05',
    '48120\u0301',
    '48120\u4e94',
    '0'.repeat(100),
    `481205${' '.repeat(59)}`,
    '\ud800481205',
    '48120\u00bd',
  ])('is not %j', (text) => {
    expect(readDigitCode(text, 6)).toBeNull();
  });
});

describe('a code in base 32', () => {
  const character = fc.constantFrom(...CROCKFORD_ALPHABET);
  const typed: Record<string, string[]> = {
    0: ['0', 'O', 'o', '\uff10', '\uff2f'],
    1: ['1', 'I', 'i', 'L', 'l', '\u0661', '\uff2c'],
  };

  it('is read in any case and width, with O for 0 and I or L for 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(character, fc.nat(), fc.constantFrom(...BETWEEN)), { minLength: 16, maxLength: 16 }),
        (characters) => {
          const text = characters
            .map(([one, pick, between]) => {
              const ways = typed[one] ?? [one, one.toLowerCase(), String.fromCodePoint(one.codePointAt(0)! + 0xfee0)];
              return ways[pick % ways.length]! + between;
            })
            .join('');
          expect(readCrockfordCode(text, 16)).toBe(characters.map(([one]) => one).join(''));
        },
      ),
    );
  });

  it.each([
    '',
    'K7QM2D4',
    'K7QM2D4FF',
    'K7QM2D4U',
    'K7QM2D4u',
    'K7QM2D4!',
    'K7QM_2D4F',
    'K7QM.2D4F',
    '\u041a7QM2D4F',
    '\u212a7QM2D4F',
    'K7QM2D4\u017f',
    'K7QM2D4\u0131',
    '\u{1d40a}7QM2D4F',
    'K7QM2D4\u00df',
    'K'.repeat(65),
  ])('is not %j', (text) => {
    expect(readCrockfordCode(text, 8)).toBeNull();
  });
});
