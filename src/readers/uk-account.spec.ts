import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readUkAccount } from './uk-account.js';
import { checkModulus } from './uk-modulus-check.js';
import { loadWeights } from './uk-modulus-files.js';
import { parseWeights } from './uk-modulus-weights.js';

const weights = loadWeights();
const read = (sortCode: string, accountNumber: string) => readUkAccount(sortCode, accountNumber, weights);

/** The test cases in chapter 3 of Vocalink's "Validating Account Numbers: UK Modulus Checking" (v8.50), all 34. */
const VOCALINK: [number: number, sortCode: string, accountNumber: string, valid: boolean, what: string][] = [
  [1, '089999', '66374958', true, 'mod 10'],
  [2, '107999', '88837491', true, 'mod 11'],
  [3, '202959', '63748472', true, 'mod 11 and double alternate'],
  [4, '871427', '46238510', true, 'exceptions 10 and 11, the first passes and the second fails'],
  [5, '872427', '46238510', true, 'exceptions 10 and 11, the first fails and the second passes'],
  [6, '871427', '09123496', true, 'exception 10, ab = 09 and g = 9'],
  [7, '871427', '99123496', true, 'exception 10, ab = 99 and g = 9'],
  [8, '820000', '73688637', true, 'exception 3, c = 6'],
  [9, '827999', '73988638', true, 'exception 3, c = 9'],
  [10, '827101', '28748352', true, 'exception 3, both checks'],
  [11, '134020', '63849203', true, 'exception 4'],
  [12, '118765', '64371389', true, 'exception 1'],
  [13, '200915', '41011166', true, 'exception 6'],
  [14, '938611', '07806039', true, 'exception 5'],
  [15, '938600', '42368003', true, 'exception 5 with a substitution'],
  [16, '938063', '55065200', true, 'exception 5, both remainders 0'],
  [17, '772798', '99345694', true, 'exception 7'],
  [18, '086090', '06774744', true, 'exception 8'],
  [19, '309070', '02355688', true, 'exceptions 2 and 9, the first passes'],
  [20, '309070', '12345668', true, 'exceptions 2 and 9, the first fails with a ≠ 0 and the second passes'],
  [21, '309070', '12345677', true, 'exceptions 2 and 9, a ≠ 0 and g ≠ 9'],
  [22, '309070', '99345694', true, 'exceptions 2 and 9, a ≠ 0 and g = 9'],
  [23, '938063', '15764273', false, 'exception 5, the first check digit is right and the second wrong'],
  [24, '938063', '15764264', false, 'exception 5, the first check digit is wrong and the second right'],
  [25, '938063', '15763217', false, 'exception 5, remainder 1'],
  [26, '118765', '64371388', false, 'exception 1'],
  [27, '203099', '66831036', false, 'mod 11 passes and double alternate fails'],
  [28, '203099', '58716970', false, 'mod 11 fails and double alternate passes'],
  [29, '089999', '66374959', false, 'mod 10'],
  [30, '107999', '88837493', false, 'mod 11'],
  [31, '074456', '12345112', true, 'exceptions 12 and 13, the second passes'],
  [32, '070116', '34012583', true, 'exceptions 12 and 13, the first passes'],
  [33, '074456', '11104102', true, 'exceptions 12 and 13'],
  [34, '180002', '00000190', true, 'exception 14'],
];

describe('Vocalink’s published test cases', () => {
  it.each(VOCALINK)('%i: %s %s is %s (%s)', (_, sortCode, accountNumber, valid) => {
    expect(checkModulus(sortCode, accountNumber, weights)).toBe(valid ? 'valid' : 'invalid');
    expect(read(sortCode, accountNumber)).toEqual(
      valid ? { sortCode: sortCode.replace(/(..)(..)(..)/, '$1-$2-$3'), accountNumber } : { fault: 'modulus' },
    );
  });

  it('come out the same in any order, since no check changes the table', () => {
    for (const [, sortCode, accountNumber, valid] of [...VOCALINK].reverse()) {
      expect(checkModulus(sortCode, accountNumber, weights)).toBe(valid ? 'valid' : 'invalid');
    }
  });

  it('cover every exception there is but the foreign currency accounts', () => {
    const used = new Set(
      VOCALINK.flatMap(([, sortCode]) =>
        weights.rules.filter(({ from, to }) => from <= sortCode && sortCode <= to),
      ).map(({ exception }) => exception),
    );
    expect([...used].map(Number).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });
});

describe('checkModulus', () => {
  it('leaves a foreign currency account (exception 6) alone only where a is 4 to 8 and g = h', () => {
    expect(checkModulus('200915', '41011100', weights)).toBe('valid');
    expect(checkModulus('200915', '41011101', weights)).toBe('invalid');
    expect(checkModulus('200915', '31011100', weights)).toBe('invalid');
  });

  it('does not accept remainder 0 for exception 4, whose remainder is the last two digits', () => {
    expect(checkModulus('134020', '63849203', weights)).toBe('valid');
    for (let last = 0; last < 100; last += 1) {
      expect(checkModulus('134020', `638492${String(last).padStart(2, '0')}`, weights)).toBe(
        last === 3 ? 'valid' : 'invalid',
      );
    }
  });

  it('shifts a Coutts number (exception 14) only where its last digit is 0, 1 or 9', () => {
    const shifted = ['0', '1', '9'].map((last) => checkModulus('180002', `0000019${last}`, weights));
    expect(shifted).toEqual(['valid', 'valid', 'valid']);
    expect(checkModulus('180002', '00000195', weights)).toBe('invalid');
  });

  it('says so where the table does not cover the sort code', () => {
    expect(checkModulus('000000', '12345678', weights)).toBe('not_covered');
  });

  it('finds a single mistyped digit wherever mod 11 weighs it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_999_999 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        (head, at, add) => {
          const number = [...Array(10).keys()]
            .map((last) => `${String(head).padStart(7, '0')}${last}`)
            .find((full) => checkModulus('107999', full, weights) === 'valid');
          fc.pre(number !== undefined);
          const mistyped = number!.slice(0, at) + ((Number(number![at]) + add) % 10) + number!.slice(at + 1);
          expect(checkModulus('107999', mistyped, weights)).toBe('invalid');
        },
      ),
    );
  });
});

describe('readUkAccount', () => {
  it.each([
    ['20-29-59', '63748472'],
    ['202959', '6374 8472'],
    [' 20 29 59 ', '63-748472'],
    ['20–29–59', ' 63748472\n'],
    ['20\u00a029\u202f59', '6374\u30008472'],
    ['20\u201429\u221259', '6374\u20118472'],
    ['\u200b202959\ufeff', '63\u00ad748472'],
    ['２０－２９－５９', '６３７４８４７２'],
    ['٢٠٢٩٥٩', '٦٣٧٤٨٤٧٢'],
    ['২০-২৯-৫৯', '৬৩৭৪৮৪৭২'],
    ['20\u280029\u280059', '63748472'],
  ])('reads %j %j', (sortCode, accountNumber) => {
    expect(read(sortCode, accountNumber)).toEqual({ sortCode: '20-29-59', accountNumber: '63748472' });
  });

  it('puts the other lengths into the standard form', () => {
    // As the specification says: zeros in front of 6 and 7 digits; Santander's first digit ends the sort code; the
    // Co-operative Bank's first 8 of 10 digits; National Westminster's last 8 of 10.
    expect(read('18-00-02', '000190')).toEqual({ sortCode: '18-00-02', accountNumber: '00000190' });
    expect(read('00-00-01', '1234567')).toEqual({ sortCode: '00-00-01', accountNumber: '01234567' });
    expect(read('72-99-90', '412345678')).toEqual({ sortCode: '72-99-94', accountNumber: '12345678' });
    expect(read('08-99-99', '6637495812')).toEqual({ sortCode: '08-99-99', accountNumber: '66374958' });
    expect(read('60-16-13', '0031926819')).toEqual({ sortCode: '60-16-13', accountNumber: '31926819' });
  });

  it.each([
    ['20-29-5', '63748472', 'sort_code'],
    ['20-29-590', '63748472', 'sort_code'],
    ['20/29/59', '63748472', 'sort_code'],
    ['20২959', '63748472', 'sort_code'],
    ['20295９', '63748472', 'sort_code'],
    ['20-29-\u202e59', '63748472', 'sort_code'],
    ['20-29-59', '637484৭2', 'account_number'],
    ['20-29-59', '6374847\u2082', 'account_number'],
    ['20-29-59', '63748472\u0000', 'account_number'],
    ['', '63748472', 'sort_code'],
    ['20-29-59', '', 'account_number'],
    ['20-29-59', '12345', 'account_number'],
    ['20-29-59', '637484720', 'account_number'],
    ['20-29-59', '6374847200', 'account_number'],
    ['08-32-00', '6374847200', 'account_number'],
    ['50-99-99', '12345678901', 'account_number'],
    ['20-29-59', '6374847O', 'account_number'],
    ['20-29-59', '63748473', 'modulus'],
  ])('refuses %j %j for its %s', (sortCode, accountNumber, fault) => {
    expect(read(sortCode, accountNumber)).toEqual({ fault });
  });
});

describe('the tables', () => {
  const RULE = '010004 016715 MOD11    0    0    0    0    0    0    8    7    6    5    4    3    2    1';

  it('are read as Vocalink publishes them', () => {
    expect(weights.rules).toHaveLength(1151);
    expect(weights.substitutions.get('938600')).toBe('938611');
    expect(parseWeights(`\uFEFF${RULE}  14\r\n\r\n`, '938173 938017\r\n')).toEqual({
      rules: [
        {
          from: '010004',
          to: '016715',
          method: 'MOD11',
          weights: [0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1],
          exception: 14,
        },
      ],
      substitutions: new Map([['938173', '938017']]),
    });
  });

  it.each([
    ['', '', 'valacdos.txt: holds no rule'],
    [`${RULE}\n${RULE} 15`, '', 'valacdos.txt, line 2: the exception 15 is not known'],
    [`${RULE} 0`, '', 'valacdos.txt, line 1: the exception 0 is not known'],
    [RULE.replace('MOD11', 'MOD97'), '', 'valacdos.txt, line 1: the method MOD97 is not known'],
    [RULE.replace('016715', '000001'), '', 'valacdos.txt, line 1: 010004 to 000001 is no range of sort codes'],
    [RULE.replace('016715', '16715'), '', 'valacdos.txt, line 1: 010004 to 16715 is no range of sort codes'],
    [
      RULE.replace('8    7', '7'),
      '',
      'valacdos.txt, line 1: 13 numbers follow where 14 weights and perhaps an exception belong',
    ],
    [RULE.replace('8    7', '8    x'), '', 'valacdos.txt, line 1: the weight x is no whole number'],
    [`${RULE}\n${RULE}\n\n${RULE}`, '', 'valacdos.txt, line 1: a third rule for sort code 010004'],
    ['<html>Not found</html>', '', 'valacdos.txt, line 1: <html>Not to found</html> is no range of sort codes'],
    [RULE, '938173', 'scsubtab.txt, line 1: not two sort codes'],
    [RULE, '938173 938017\n\n938173 938068', 'scsubtab.txt, line 3: a second substitute for 938173'],
  ])('are refused where they are wrong: %#', (valacdos, scsubtab, message) => {
    expect(() => parseWeights(valacdos, scsubtab)).toThrow(message);
  });

  describe('from a directory', () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'countersign-weights-'));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it('decide in place of the shipped ones', () => {
      writeFileSync(join(directory, 'valacdos.txt'), `${RULE}\n`);
      writeFileSync(join(directory, 'scsubtab.txt'), '');
      const own = loadWeights(directory);
      expect(checkModulus('107999', '88837493', own)).toBe('not_covered');
      expect(checkModulus('107999', '88837493', weights)).toBe('invalid');
    });

    it('have to be there, and once', () => {
      expect(() => loadWeights(directory)).toThrow('holds no valacdos.txt');
      writeFileSync(join(directory, 'valacdos-v8-50.txt'), RULE);
      expect(() => loadWeights(directory)).toThrow('scsubtab.txt');
      writeFileSync(join(directory, 'valacdos-v9-00.txt'), RULE);
      expect(() => loadWeights(directory)).toThrow(
        'more than one weight table: valacdos-v8-50.txt, valacdos-v9-00.txt',
      );
    });
  });
});
