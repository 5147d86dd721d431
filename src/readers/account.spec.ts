import { describe, expect, it } from 'vitest';
import { type AccountDetails, isSameAccount, readAccount } from './account.js';
import { loadWeights } from './uk-modulus-files.js';

const weights = loadWeights();
const read = (value: unknown) => readAccount(value, weights);
const IBAN = 'GB29NWBK60161331926819';

describe('readAccount', () => {
  it('returns either kind normalised', () => {
    expect(read({ holder: '  Zoe\u0308 Ltd ', iban: 'gb29 nwbk 6016 1331 9268 19' })).toEqual({
      account: { holder: 'Zo\u00EB Ltd', iban: IBAN },
    });
    expect(read({ holder: 'A', sortCode: '202959', accountNumber: '6374 8472' })).toEqual({
      account: { holder: 'A', sortCode: '20-29-59', accountNumber: '63748472' },
    });
  });

  it('reads a roll number beside a sort code and account number', () => {
    const uk = { holder: 'A', sortCode: '20-29-59', accountNumber: '63748472' };
    for (const [rollNumber, is] of [
      ['B/1234567-8', 'B/1234567-8'],
      [' b/1234567\u20138 ', 'B/1234567-8'],
      ['\uff22\uff0f\uff11\uff12', 'B/12'],
      ['٣٤٥', '345'],
      ['12\u00a0345', '12 345'],
      ['D.1\u200b2', 'D.12'],
      ['1'.repeat(18), '1'.repeat(18)],
    ])
      expect(read({ ...uk, rollNumber })).toEqual({ account: { ...uk, rollNumber: is } });
    expect(read(uk)).toEqual({ account: uk });
    for (const rollNumber of [
      '',
      ' ',
      '-',
      './-',
      '1'.repeat(19),
      'B#1',
      'B_1',
      'É1',
      'В1',
      '1٢',
      '1\u202e2',
      '1\n',
      'x'.repeat(10_000),
    ].filter((text) => text !== '1\n'))
      expect(read({ ...uk, rollNumber })).toMatchObject({ fault: 'roll_number', pointer: '/rollNumber' });
    for (const rollNumber of [1, null, [], {}])
      expect(read({ ...uk, rollNumber })).toMatchObject({ fault: 'shape', pointer: '/rollNumber' });
    expect(read({ holder: 'A', iban: IBAN, rollNumber: '1' })).toMatchObject({
      fault: 'shape',
      pointer: '/rollNumber',
    });
    expect(read({ ...uk, accountNumber: '63748473', rollNumber: '!' })).toMatchObject({ fault: 'modulus' });
  });

  it.each([
    [null, 'shape', ''],
    ['GB29', 'shape', ''],
    [[], 'shape', ''],
    [{ holder: 'A' }, 'shape', ''],
    [{ iban: IBAN }, 'holder', '/holder'],
    [{ holder: ' ', iban: IBAN }, 'holder', '/holder'],
    [{ holder: 7, iban: IBAN }, 'holder', '/holder'],
    [{ holder: 'a'.repeat(141), iban: IBAN }, 'holder', '/holder'],
    [{ holder: 'A\u202EB', iban: IBAN }, 'holder', '/holder'],
    [{ holder: 'A\nB', iban: IBAN }, 'holder', '/holder'],
    [{ holder: 'A\uD800', iban: IBAN }, 'holder', '/holder'],
    [{ holder: 'A', iban: 29 }, 'shape', '/iban'],
    [{ holder: 'A', iban: null }, 'shape', '/iban'],
    [{ holder: 'A', iban: IBAN, sortCode: '202959' }, 'shape', '/iban'],
    [{ holder: 'A', iban: 'GB28NWBK60161331926819' }, 'iban_check_digits', '/iban'],
    [{ holder: 'A', iban: 'ZZ28NWBK60161331926819' }, 'iban_country', '/iban'],
    [{ holder: 'A', iban: 'GB28NWBK6016133192681' }, 'iban_length', '/iban'],
    [{ holder: 'A', iban: 'GB02BARC20201530093451' }, 'iban_modulus', '/iban'],
    [{ holder: 'A', iban: '' }, 'iban_form', '/iban'],
    [{ holder: 'A', sortCode: '202959' }, 'shape', '/accountNumber'],
    [{ holder: 'A', accountNumber: '63748472' }, 'shape', '/sortCode'],
    [{ holder: 'A', sortCode: '20295', accountNumber: '63748472' }, 'sort_code', '/sortCode'],
    [{ holder: 'A', sortCode: '202959', accountNumber: '6374' }, 'account_number', '/accountNumber'],
    [{ holder: 'A', sortCode: '202959', accountNumber: '63748473' }, 'modulus', '/accountNumber'],
    [{ holder: 'A', iban: IBAN, 'b/c~d': 1 }, 'unknown_field', '/b~1c~0d'],
    [JSON.parse('{"holder":"A","iban":"GB29NWBK60161331926819","__proto__":1}'), 'unknown_field', '/__proto__'],
  ])('refuses %j: %s at %j', (value, fault, pointer) => {
    const answer = read(value);
    expect(answer).toMatchObject({ fault, pointer });
    expect(JSON.stringify(answer)).not.toContain('63748473');
  });
});

describe('isSameAccount', () => {
  const uk: AccountDetails = { holder: 'Ann Lee', sortCode: '60-16-13', accountNumber: '31926819' };

  it('knows a GB IBAN for the sort code and account number within it', () => {
    expect(isSameAccount(uk, { holder: 'ANN  LEE', iban: IBAN })).toBe(true);
    expect(isSameAccount(uk, { holder: 'Ann Lea', iban: IBAN })).toBe(false);
    expect(isSameAccount(uk, { ...uk, accountNumber: '31926818' })).toBe(false);
    expect(isSameAccount(uk, { holder: 'Ann Lee', iban: 'DE89370400440532013000' })).toBe(false);
  });

  it('tells accounts behind one number apart by their roll numbers, however these are written', () => {
    const first: AccountDetails = { ...uk, rollNumber: 'B/1234567-8' };
    expect(isSameAccount(first, { ...uk, rollNumber: 'B1234 5678' })).toBe(true);
    expect(isSameAccount(first, { ...uk, rollNumber: 'B/1234567-9' })).toBe(false);
    expect(isSameAccount(first, uk)).toBe(false);
    expect(isSameAccount(first, { holder: 'Ann Lee', iban: IBAN })).toBe(false);
  });
});
