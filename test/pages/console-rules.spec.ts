import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkDigits, checkIban } from '../../web/console/src/screens/agent/account-check.js';
import {
  differencesOf,
  isLines,
  readAs,
  valuesOf,
  withValue,
  written,
} from '../../web/console/src/screens/admin/policy-values.js';
import { matchRoute } from '../../web/console/src/shell/match-route.js';

describe('an IBAN while it is typed', () => {
  // Examples of the IBAN registry (ISO 13616), published by SWIFT.
  it.each([
    'GB29 NWBK 6016 1331 9268 19',
    'DE89 3704 0044 0532 0130 00',
    'NO93 8601 1117 947',
    'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
    'IBAN FR14 2004 1010 0505 0001 3M02 606',
    'gb29–nwbk–6016–1331–9268–19',
  ])('%s fits', (iban) => expect(checkIban(iban)).toBe('fits'));

  it.each([
    'GB29 NWBK 6016 1331 9286 19',
    'DE89 3704 0044 0532 0130 01',
    '12',
    'GBXX',
    'DE89 3704 0044 0532 0130 00 €',
  ])('%s is wrong', (iban) => expect(checkIban(iban)).toBe('wrong'));

  it('is not there, or not all there, before it can be wrong', () => {
    expect(checkIban(' ')).toBe('empty');
    expect(checkIban('GB29 NW')).toBe('short');
  });

  test('two digits that are swapped are never fitting', () => {
    const iban = 'DE89370400440532013000';
    fc.assert(
      fc.property(fc.integer({ min: 2, max: iban.length - 2 }), (at) => {
        fc.pre(iban[at] !== iban[at + 1]);
        const swapped = iban.slice(0, at) + iban[at + 1] + iban[at] + iban.slice(at + 2);
        return checkIban(swapped) === 'wrong';
      }),
    );
  });

  it('and digits of sort codes and accounts are counted', () => {
    expect(checkDigits('12-34-56', 6)).toBe('fits');
    expect(checkDigits('1234', 6)).toBe('short');
    expect(checkDigits('1234567', 6)).toBe('wrong');
    expect(checkDigits('12a', 6)).toBe('wrong');
  });
});

describe('a policy in a form', () => {
  const policy = {
    verification: { lifetimeSeconds: 120 },
    changes: { secondAgentAbove: { amount: 10_000, currency: 'GBP' }, rules: [] },
    callbacks: { days: [1, 2], holidays: [] },
    neverAsk: ['your PIN'],
    defaultLocale: 'en',
  };

  it('is values, each of which is read back from what stands in its field', () => {
    for (const one of valuesOf(policy)) {
      const empty = isLines(one) && (one.value as unknown[]).length === 0;
      expect(readAs(one, empty ? '' : written(one.value)), one.path).toEqual(one.value);
    }
  });

  it('says what would change, and nothing else', () => {
    const edited = withValue(withValue(policy, 'verification.lifetimeSeconds', 90), 'defaultLocale', 'en');
    expect(differencesOf(policy, edited)).toEqual([{ path: 'verification.lifetimeSeconds', before: 120, after: 90 }]);
    expect(policy.verification.lifetimeSeconds).toBe(120);
  });

  it('takes no text for a number, and no broken JSON', () => {
    const number = { path: 'a', value: 1 };
    for (const typed of ['', 'x', '1e999', '1 2']) expect(() => readAs(number, typed), typed).toThrow(SyntaxError);
    expect(() => readAs({ path: 'advice', value: [] }, '[{')).toThrow(SyntaxError);
    expect(() => readAs({ path: 'callbacks.days', value: [1] }, '1\nx')).toThrow(SyntaxError);
  });
});

describe('an address of the console', () => {
  const routes = ['/changes', '/changes/new', '/changes/:id', '/changes/:id/letter'].map((path) => ({ path }));

  it('is a screen, the more exact one first', () => {
    expect(matchRoute(routes, '/changes/')?.route.path).toBe('/changes');
    expect(matchRoute(routes, '/changes/new')?.route.path).toBe('/changes/new');
    expect(matchRoute(routes, '/changes/chg_1')).toMatchObject({ params: { id: 'chg_1' } });
    expect(matchRoute(routes, '/changes/chg_1/letter')?.params).toEqual({ id: 'chg_1' });
    expect(matchRoute(routes, '/changes/chg_1/letter/more')).toBeNull();
    expect(matchRoute(routes, '/nothing')).toBeNull();
  });
});
