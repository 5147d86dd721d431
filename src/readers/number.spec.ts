import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toE164 } from './number.js';

describe('a phone number in E.164', () => {
  it.each([
    ['national, in the policy\'s country', '020 7946 0100', '+442079460100'],
    ['national without spaces', '02079460100', '+442079460100'],
    ['with brackets and a hyphen', '(020) 7946-0100', '+442079460100'],
    ['international', '+442079460100', '+442079460100'],
    ['international with spaces', '+44 20 7946 0100', '+442079460100'],
    ['international with hyphens', '+44-20-7946-0100', '+442079460100'],
    ['with the trunk zero in brackets', '+44 (0)20 7946 0100', '+442079460100'],
    ['with an international prefix', '00442079460100', '+442079460100'],
    ['with spaces around it', ' +442079460100 ', '+442079460100'],
    ['in full-width digits', '０２０７９４６０１００', '+442079460100'],
    ['a mobile kept for fiction', '07700 900123', '+447700900123'],
    ['of the United States', '+1 (202) 555-0123', '+12025550123'],
    ['of France', '+33 1 99 00 12 34', '+33199001234'],
    ['of Germany', '+49 30 23125000', '+493023125000'],
    ['of Ireland', '+353 1 496 0000', '+35314960000'],
    ['of no country', '+800 1234 5678', '+80012345678'],
  ])('reads one %s', (_how, text, expected) => {
    expect(toE164(text, 'GB')).toBe(expected);
  });

  it('reads a national number by the country it is told', () => {
    expect(toE164('(202) 555-0123', 'US')).toBe('+12025550123');
    expect(toE164('06 12 34 56 78', 'FR')).toBe('+33612345678');
  });

  it.each([
    ['nothing', ''], ['a plus alone', '+'], ['spaces', '   '],
    ['letters', 'NORTHBANK'], ['a number in letters', '0800 BANKING'], ['a URI', 'tel:+442079460100'],
    ['an extension', '+442079460100 ext. 5'], ['an extension by parameter', '+442079460100;ext=5'], ['an extension by sign', '+442079460100#5'], ['pauses', '+447700900123,,5'],
    ['an emergency number', '999'], ['a short code', '60123'], ['the short code of banks', '159'],
    ['one digit too many', '+442079460100 1'], ['one digit too few', '+44207946010'.slice(0, 9)], ['more than fifteen digits', '+491234567890123456'],
    ['a country code that does not exist', '+999123456789'], ['more characters than a number has', `+44 20 7946 0100${' '.repeat(40)}`],
    ['two numbers', '+442079460100 +442079460101'], ['an anonymous caller', 'anonymous'], ['a control character', '+44207946\u00000100'],
  ])('does not read %s', (_what, text) => {
    expect(toE164(text, 'GB')).toBeNull();
  });

  it('is its own reading, and never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^\+?[0-9 ()-]{3,20}$/)), fc.constantFrom('GB', 'US', 'FR', 'XX'), (text, country) => {
      const number = toE164(text, country);
      expect(number === null || (/^\+[1-9]\d{6,14}$/.test(number) && toE164(number, country) === number)).toBe(true);
    }));
  });
});
