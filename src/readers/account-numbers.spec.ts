import { describe, expect, it } from 'vitest';
import { accountNumberOf, findAccountNumbers, isNearlySame, rollNumberOf } from './account-numbers.js';

describe('an account number', () => {
  it('is one, however it is written', () => {
    for (const typed of [
      { iban: 'GB33BUKB20201555555555' },
      { iban: 'gb33 bukb 2020 1555 5555 55' },
      { iban: '\uff27\uff2233BUKB20201555555555' },
      { sortCode: '20-20-15', accountNumber: '55555555' },
      { sortCode: '202015', accountNumber: '5555 5555' },
    ])
      expect(accountNumberOf(typed)).toBe('20201555555555');
    expect(accountNumberOf({ iban: 'DE89 3704 0044 0532 0130 00' })).toBe('DE89370400440532013000');
    expect(accountNumberOf({ iban: 'GB34BUKB20201555555555' })).toBe('GB34BUKB20201555555555');
    expect([accountNumberOf({}), accountNumberOf({ holder: 'x' }), accountNumberOf({ iban: ' - ' })]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('is the same as people and phones write it, and as payments have it', () => {
    for (const iban of [
      'IBAN GB33BUKB20201555555555',
      'iban: gb33\u00a0bukb 2020\u20131555\u200b555555',
      'GB٣٣BUKB٢٠٢٠١٥٥٥٥٥٥٥٥٥',
      'ＧＢ３３ＢＵＫＢ２０２０１５５５５５５５５５',
    ])
      expect(accountNumberOf({ iban }), iban).toBe('20201555555555');
    expect(accountNumberOf({ sortCode: '18\u201300\u201302', accountNumber: '190'.padStart(6, '0') })).toBe(
      '18000200000190',
    );
    expect(accountNumberOf({ sortCode: '٢٠٢٠١٥', accountNumber: '٥٥٥٥ ٥٥٥٥' })).toBe('20201555555555');
    expect(accountNumberOf({ sortCode: '60-16-13', accountNumber: '0031926819' })).toBe('60161331926819');
  });

  it('that reads otherwise than it looks is no other', () => {
    for (const iban of [
      'GB33BUKB2020155555555৫',
      'GB33BUKB2020155555555５',
      '\u202eGB33BUKB20201555555555',
      'GB33BUKB20201555555555\u0001',
      '\u{1d406}B33BUKB20201555555555',
      'GВ33BUKB20201555555555',
      'G\u2f00B33BUKB20201555555555',
      'GB33BUKB20201555555555\u2460',
      'GB33\u3164BUKB20201555555555',
    ])
      expect(accountNumberOf({ iban }), iban).not.toBe('20201555555555');
    for (const accountNumber of ['5555555৫', '\u202e55555555', '5555555\u2075', '555555555'])
      expect(accountNumberOf({ sortCode: '202015', accountNumber }), accountNumber).not.toBe('20201555555555');
  });

  it('has a roll number beside it, which is the same however it is written', () => {
    expect(
      [
        { rollNumber: 'B/1234-5' },
        { rollNumber: ' b 12345' },
        { rollNumber: '１２' },
        {},
        { rollNumber: ' ' },
        { rollNumber: '1٢' },
      ].map(rollNumberOf),
    ).toEqual(['B12345', 'B12345', '12', null, null, '1٢']);
  });

  it('is found in a text, and other numbers are not', () => {
    expect(findAccountNumbers('Pay into GB33 BUKB 2020 1555 5555 55 today, or DE89370400440532013000.')).toEqual([
      '20201555555555',
      'DE89370400440532013000',
    ]);
    expect(findAccountNumbers('sort code 20-20-15, account number 55555555')).toEqual(['20201555555555']);
    expect(
      findAccountNumbers(
        'sort code 20\u201320\u201315, account number ٥٥٥٥٥٥٥٥, or GB33\u00a0BUKB\u202f2020 1555 5555 55.',
      ),
    ).toEqual(['20201555555555']);
    expect(findAccountNumbers('sort code 20-20-15, account number 5555555৫')).not.toContain('20201555555555');
    expect(findAccountNumbers('Ring 0800 496 0999 by 12-12-2026; case 12345678.')).toEqual([]);
  });

  it('is nearly another where up to three characters differ', () => {
    expect([
      isNearlySame('20201555555555', '20201555555556'),
      isNearlySame('20201555555555', '12345698765432'),
      isNearlySame('GB34BUKB20201555555555', '20201555555555'),
      isNearlySame('2020155555555', '20201555555555'),
    ]).toEqual([true, false, true, false]);
  });
});
