import { describe, expect, it } from 'vitest';
import { accountNumberOf, findAccountNumbers, isNearlySame } from './account-numbers.js';

describe('an account number', () => {
  it('is one, however it is written', () => {
    for (const typed of [{ iban: 'GB33BUKB20201555555555' }, { iban: 'gb33 bukb 2020 1555 5555 55' }, { iban: '\uff27\uff2233BUKB20201555555555' }, { sortCode: '20-20-15', accountNumber: '55555555' }, { sortCode: '202015', accountNumber: '5555 5555' }]) expect(accountNumberOf(typed)).toBe('20201555555555');
    expect(accountNumberOf({ iban: 'DE89 3704 0044 0532 0130 00' })).toBe('DE89370400440532013000');
    expect(accountNumberOf({ iban: 'GB34BUKB20201555555555' })).toBe('GB34BUKB20201555555555');
    expect([accountNumberOf({}), accountNumberOf({ holder: 'x' }), accountNumberOf({ iban: ' - ' })]).toEqual([null, null, null]);
  });

  it('is found in a text, and other numbers are not', () => {
    expect(findAccountNumbers('Pay into GB33 BUKB 2020 1555 5555 55 today, or DE89370400440532013000.')).toEqual(['20201555555555', 'DE89370400440532013000']);
    expect(findAccountNumbers('sort code 20-20-15, account number 55555555')).toEqual(['20201555555555']);
    expect(findAccountNumbers('Ring 0800 496 0999 by 12-12-2026; case 12345678.')).toEqual([]);
  });

  it('is nearly another where up to three characters differ', () => {
    expect([isNearlySame('20201555555555', '20201555555556'), isNearlySame('20201555555555', '12345698765432'), isNearlySame('GB34BUKB20201555555555', '20201555555555'), isNearlySame('2020155555555', '20201555555555')]).toEqual([true, false, true, false]);
  });
});
