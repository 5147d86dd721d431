import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountDetails } from './account.js';
import { maskAccount, maskEmail, maskPhone, maskPostalAddress } from './masking.js';

const digit = fc.constantFrom(...'0123456789');
const digits = (minLength: number, maxLength: number) => fc.string({ unit: digit, minLength, maxLength });

/** Whether `shown` gives away no more of the digits of `secret` than its last `count`. */
function revealsAtMost(count: number, shown: string, secret: string): boolean {
  const left = shown.replace(/\P{Nd}/gu, '');
  return left.length <= count && secret.replace(/\P{Nd}/gu, '').endsWith(left);
}

describe('maskAccount', () => {
  it('masks as banks do', () => {
    expect(maskAccount({ holder: 'Ann Lee', iban: 'GB29NWBK60161331926819' })).toEqual({ holder: 'Ann Lee', account: 'GB•• •••• 6819' });
    expect(maskAccount({ holder: 'Ann Lee', sortCode: '20-29-59', accountNumber: '63748472' })).toEqual({ holder: 'Ann Lee', account: '••-••-•• ••••8472' });
  });

  it('never reveals more than the last four of a number, wherever it was put', () => {
    const account = fc.oneof(
      fc.record({ holder: fc.oneof(fc.string(), digits(1, 20), fc.string({ unit: fc.constantFrom('1', '2', ' ', '-', 'a', '٣') })), iban: digits(11, 30).map((bban) => `DE00${bban}`) }),
      fc.record({ holder: fc.string(), sortCode: digits(6, 6), accountNumber: digits(8, 8) }),
    );
    fc.assert(fc.property(account, (details: AccountDetails) => {
      const shown = maskAccount(details);
      expect(revealsAtMost(4, shown.account, 'iban' in details ? details.iban : details.sortCode + details.accountNumber)).toBe(true);
      expect(revealsAtMost(4, shown.holder, details.holder)).toBe(true);
    }), { numRuns: 500 });
  });

  it('does not give away how long the number is', () => {
    fc.assert(fc.property(digits(11, 30), (bban) => {
      expect(maskAccount({ holder: '', iban: `NO00${bban}` }).account).toHaveLength(14);
    }));
  });

  it('leaves a year in a name, and no account number in one', () => {
    const holder = (name: string) => maskAccount({ holder: name, iban: 'GB29NWBK60161331926819' }).holder;
    expect(holder('Acme 1999 Ltd')).toBe('Acme 1999 Ltd');
    expect(holder('Ann 6016 1331926819')).toBe('Ann •••• ••••••6819');
  });
});

describe('maskPhone', () => {
  it('shows the last three digits alone', () => {
    expect(maskPhone('+447700900123')).toBe('••••• •••123');
    expect(maskPhone('+1 202 555 0176')).toBe('••••• •••176');
    expect(maskPhone('999')).toBe('••••• ••••••');
    fc.assert(fc.property(digits(0, 15), (number) => revealsAtMost(3, maskPhone(`+${number}`), number)));
  });
});

describe('maskEmail', () => {
  it.each([
    ['jane.doe@example.com', 'j•••@example.com'],
    ['j@example.com', '•••@example.com'],
    ['07700900123@example.com', '•••@example.com'],
    ['ann@447700900123.example', 'a•••@••••••••0123.example'],
    ['"a@b"@example.com', '•••@example.com'],
    ['no address', '•••@•••'],
    ['', '•••@•••'],
  ])('%j is shown as %j', (address, shown) => {
    expect(maskEmail(address)).toBe(shown);
  });

  it('never shows more of the local part than its first letter', () => {
    fc.assert(fc.property(fc.emailAddress(), (address) => {
      const [local = ''] = maskEmail(address).split('•••@');
      expect([...local].length).toBeLessThanOrEqual(1);
      expect(address.startsWith(local)).toBe(true);
    }));
  });
});

describe('maskPostalAddress', () => {
  it.each([
    [{ postcode: 'SW1A 2AA', country: 'GB' }, '••• SW1A •••, GB'],
    [{ postcode: 'm11ae', country: 'gb' }, '••• M1 •••, GB'],
    [{ postcode: 'SW1A 2A', country: 'GB' }, '••• GB'],
    [{ country: 'GB' }, '••• GB'],
    [{ postcode: '10115', country: 'DE' }, '••• DE'],
    [{ postcode: '10115', country: '12345678' }, '••• ••'],
  ])('%j is shown as %j', (address, shown) => {
    expect(maskPostalAddress(address)).toBe(shown);
  });
});
