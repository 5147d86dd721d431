import { describe, expect, it } from 'vitest';
import { readCallerNumber } from './caller-number.js';
import { isCostlyNumber, MOST_NUMBER_CHARACTERS, readShortNumber, toE164 } from './number.js';

const LINE = '+442079460100';
const MOBILE = '+447700900123';

describe('a phone number in E.164', () => {
  it.each([
    ["national, in the policy's country", '020 7946 0100', LINE],
    ['national without spaces', '02079460100', LINE],
    ['with brackets and a hyphen', '(020) 7946-0100', LINE],
    ['international', '+442079460100', LINE],
    ['international with spaces', '+44 20 7946 0100', LINE],
    ['international with hyphens', '+44-20-7946-0100', LINE],
    ['with the trunk zero in brackets', '+44 (0)20 7946 0100', LINE],
    ['with the country in brackets', '(+44) 20 7946 0100', LINE],
    ['with an international prefix', '00442079460100', LINE],
    ['with spaces around it', ' +442079460100 ', LINE],
    ['with many spaces behind it', `+44 20 7946 0100${' '.repeat(40)}`, LINE],
    ['with a comma behind it', '+442079460100,', LINE],
    ['as a URI', 'tel:+44-20-7946-0100', LINE],
    ['between the marks that an address book puts around it', '\u202d+44\u00a020\u00a07946\u00a00100\u202c', LINE],
    ['with what nobody sees in it', '+44\u200b20\u2060794\ufeff60100', LINE],
    ['with hyphens that do not break', '020\u20117946\u20110100', LINE],
    ['in full-width digits', '０２０７９４６０１００', LINE],
    ['in Arabic digits', '\u0660\u0662\u0660\u0667\u0669\u0664\u0666\u0660\u0661\u0660\u0660', LINE],
    ['a mobile kept for fiction', '07700 900123', MOBILE],
    ['of the United States', '+1 (202) 555-0123', '+12025550123'],
    ['of France', '+33 1 99 00 12 34', '+33199001234'],
    ['of Germany', '+49 30 23125000', '+493023125000'],
    ['of Ireland', '+353 1 496 0000', '+35314960000'],
    ['of no country', '+800 1234 5678', '+80012345678'],
  ])('reads one %s', (_how, text, expected) => {
    expect(toE164(text, 'GB')).toBe(expected);
    expect(readCallerNumber(text, 'GB')).toBe(expected);
  });

  it('reads a national number by the country it is told', () => {
    for (const read of [toE164, readCallerNumber]) {
      expect(read('(202) 555-0123', 'US')).toBe('+12025550123');
      expect(read('06 12 34 56 78', 'FR')).toBe('+33612345678');
    }
  });

  // What the bank keeps is the number itself. The reader of callers takes some of these.
  it.each([
    ['nothing', ''],
    ['a plus alone', '+'],
    ['spaces', '   '],
    ['letters', 'NORTHBANK'],
    ['a number in letters', '0800 BANKING'],
    ['an address of another kind', 'sip:+442079460100@sip.example'],
    ['a name beside it', 'Northbank 020 7946 0100'],
    ['an extension', '+442079460100 ext. 5'],
    ['an extension by parameter', '+442079460100;ext=5'],
    ['an extension by sign', '+442079460100#5'],
    ['pauses', '+447700900123,,5'],
    ['an emergency number', '999'],
    ['a short code', '60123'],
    ['the short code of banks', '159'],
    ['one digit too many', '+442079460100 1'],
    ['one digit too few', '+44207946010'.slice(0, 9)],
    ['more than fifteen digits', '+491234567890123456'],
    ['a country code that does not exist', '+999123456789'],
    ['more characters than anybody writes', `+442079460100${' '.repeat(MOST_NUMBER_CHARACTERS)}`],
    ['two numbers', '+442079460100 +442079460101'],
    ['an anonymous caller', 'anonymous'],
    ['a control character', '+44207946\u00000100'],
    ['zeros alone', '0000000000'],
    ['digits of two systems', '020 7946 \u09e6\u09e7\u09e6\u09e6'],
    ['a digit of full width among others', '020 7946 010\uff10'],
    ['superscripts', '0207946010\u2070'],
    ['a digit that is struck through', '02079460\u033800100'],
    ['an order of digits that is turned around', '\u202e0010 6497 020\u202c'],
    ['a dash before it', '-2079460100'],
  ])('does not keep %s', (_what, text) => {
    expect(toE164(text, 'GB')).toBeNull();
  });
});

describe('a short number', () => {
  it.each([
    ['60012', '60012'],
    [' 6 00 12 ', '60012'],
    ['\u0666\u0660\u0660\u0661\u0662', '60012'],
    ['159', '159'],
    ['8656696', null],
    ['000', null],
    ['-100', null],
    ['12', null],
    ['NB60012', null],
    ['123456789', null],
    ['', null],
  ])('in %j is %j', (text, expected) => {
    expect(readShortNumber(text)).toBe(expected);
  });
});

describe('a number that is costly to ring', () => {
  it.each([
    ['British premium rate', '0909 879 0123'],
    ['the same, of a block that is not assigned', '0955 123 4567'],
    ['British personal', '070 1234 5678'],
    ['the same, of a block that is not assigned', '070 0000 0001'],
    ['British service', '0871 123 4567'],
    ['British pager', '076 0012 3456'],
    ['British pager, of a block that is not assigned', '07612 345678'],
    ['American premium rate', '+1 900 234 5678'],
    ['French', '+33 899 12 34 56'],
    ['German', '+49 900 1234567'],
    ['Irish', '+353 1550 123456'],
    ['Italian', '+39 899 123456'],
    ['international premium rate', '+979 1 2345 6789'],
    ['international shared cost', '+808 1234 5678'],
    ['satellite', '+881 6 1234 5678'],
    ['on a ship', '+870 773 123456'],
    ['of a network of no country', '+883 5100 1234 5678'],
    ['of another, not assigned', '+882 13 123456'],
    ['universal personal', '+878 10 1234567890'],
  ])('is one that is %s', (_what, text) => {
    expect(isCostlyNumber(toE164(text, 'GB')!)).toBe(true);
  });

  it.each([
    '020 7946 0100',
    '07700 900123',
    '0800 496 0999',
    '0300 123 4567',
    '+1 202 555 0123',
    '+33 1 99 00 12 34',
    '+353 87 123 4567',
    '+800 1234 5678',
    '01632 960123',
    '07624 123456',
  ])('is not %s', (text) => {
    expect(isCostlyNumber(toE164(text, 'GB')!)).toBe(false);
  });
});
