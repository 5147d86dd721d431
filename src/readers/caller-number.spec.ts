import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCallerNumber } from './caller-number.js';
import { MOST_NUMBER_CHARACTERS, toE164 } from './number.js';

const LINE = '+442079460100';
const MOBILE = '+447700900123';

/** Ways in which phones, diallers, networks and people write the same number. */
const WRITTEN: readonly [string, (e164: string) => string][] = [
  ['bare', (e164) => e164],
  ['without the plus, as networks do', (e164) => e164.slice(1)],
  ['after 00', (e164) => `00 ${e164.slice(1)}`],
  ['after 011, as in America', (e164) => `011 ${e164.slice(1)}`],
  ['after 0011, as in Australia', (e164) => `0011 ${e164.slice(1)}`],
  ['national', (e164) => `0${e164.slice(3)}`],
  ['national without the zero', (e164) => e164.slice(3)],
  ['with the zero kept', (e164) => `+44 (0) ${e164.slice(3)}`],
  ['with a plus before the zero', (e164) => `+0${e164.slice(3)}`],
  ['with a heavy plus', (e164) => `\u2795${e164.slice(1)}`],
  ['with a small plus', (e164) => `\ufe62${e164.slice(1)}`],
  ['as tel:', (e164) => `tel:${e164}`],
  ['as tel:// in capitals', (e164) => `TEL://${e164}`],
  ['as an encoded URI', (e164) => `tel:${encodeURIComponent(e164)}`],
  ['encoded twice', (e164) => encodeURIComponent(encodeURIComponent(`tel:${e164}`))],
  ['with an encoded mark', (e164) => `%E2%80%AA${e164}%E2%80%AC`],
  ['as sip:', (e164) => `sip:${e164}@sip.example`],
  ['as sip: with parameters and headers', (e164) => `sip:${e164};ext=5@10.20.30.40:5060;user=phone?subject=12345678`],
  ['as sips: with a password', (e164) => `sips:${e164}:12345678@sip.example`],
  ['as callto:', (e164) => `callto:${e164}`],
  ['as facetime-audio:', (e164) => `facetime-audio://${e164}`],
  ['as user@host', (e164) => `${e164}@gateway.example`],
  ['in angle brackets', (e164) => `<${e164}>`],
  ['with a display name', (e164) => `"Northbank" <sip:${e164}@sip.example>;tag=1928301774`],
  ['with another number as display name', (e164) => `"+44 20 7946 0188" <sip:${e164}@sip.example>`],
  ['with another number as display name, and no quotes', (e164) => `+442079460188 <tel:${e164}>`],
  ['with a display name that looks like an address', (e164) => `"<tel:+442079460188>" <tel:${e164}>`],
  ['asserted twice', (e164) => `P-Asserted-Identity: <sip:${e164}@sip.example;user=phone>, <tel:${e164}>`],
  ['with a verification status', (e164) => `tel:${e164};verstat=TN-Validation-Passed`],
  ['with an extension', (e164) => `${e164} ext. 5`],
  ['with an x', (e164) => `${e164}x5551234`],
  ['with a Russian extension', (e164) => `${e164} доб. 12`],
  ['with ;ext=', (e164) => `${e164};ext=12345678`],
  ['with ;isub=', (e164) => `tel:${e164};isub=12345678;phone-context=+1`],
  ['with pauses and a conference code', (e164) => `${e164},,12345678#`],
  ['with p', (e164) => `${e164}p12345678`],
  ['with w', (e164) => `${e164}w123`],
  ['with commas alone', (e164) => `${e164},,`],
  ['with a semicolon', (e164) => `${e164};`],
  ['with a hash', (e164) => `${e164}#`],
  ['after an outside line', (e164) => `9,${e164}`],
  ['hidden by *67', (e164) => `*67 ${e164}`],
  ['hidden by #31#', (e164) => `#31#${e164}`],
  ['shown by *31#', (e164) => `*31#${e164}`],
  ['hidden by 141', (e164) => `1410${e164.slice(3)}`],
  ['shown by 1470', (e164) => `1470 0${e164.slice(3)}`],
  ['with a label', (e164) => `Phone: ${e164}`],
  ['with a label behind it', (e164) => `${e164} \u00b7 Mobile`],
  ['with a telephone', (e164) => `\u260e ${e164}`],
  ['with a name', (e164) => `Northbank Fraud Team ${e164}`],
  ['with a word for a hidden one beside it', (e164) => `Unknown (${e164})`],
  ['in quotes', (e164) => `"${e164}"`],
  ['in curly quotes', (e164) => `\u201c${e164}\u201d`],
  ['with a full stop', (e164) => `${e164}.`],
  ['with a line break', (e164) => `${e164}\r\n`],
];

/** What people and systems put between digits. */
const BETWEEN: readonly [string, string][] = [
  ['nothing', ''],
  ['spaces', ' '],
  ['no-break spaces', '\u00a0'],
  ['narrow spaces', '\u202f'],
  ['tabs', '\t'],
  ['hyphens', '-'],
  ['non-breaking hyphens', '\u2011'],
  ['en dashes', '\u2013'],
  ['minus signs', '\u2212'],
  ['dots', '.'],
  ['middle dots', '\u00b7'],
  ['slashes', '/'],
  ['underscores', '_'],
  ['zero-width spaces', '\u200b'],
  ['word joiners', '\u2060'],
  ['byte order marks', '\ufeff'],
  ['soft hyphens', '\u00ad'],
  ['left-to-right marks', '\u200e'],
  ['isolates', '\u2066\u2069'],
];

const ZEROS = {
  ASCII: 0x30,
  Arabic: 0x660,
  Persian: 0x6f0,
  Devanagari: 0x966,
  Bengali: 0x9e6,
  Thai: 0xe50,
  'full-width': 0xff10,
  mathematical: 0x1d7ce,
};
const inDigits = (text: string, zero: number): string =>
  text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

describe('the number of a caller', () => {
  it.each(WRITTEN)('is read %s', (_how, write) => {
    for (const number of [LINE, MOBILE]) expect(readCallerNumber(write(number), 'GB')).toBe(number);
  });

  it('is read in all of these ways, with anything between its digits, in the digits of any script', () => {
    const written = fc.record({
      how: fc.constantFrom(...WRITTEN.filter(([how]) => !how.includes('encoded'))),
      between: fc.constantFrom(...BETWEEN),
      zero: fc.constantFrom(...Object.values(ZEROS)),
      number: fc.constantFrom(LINE, MOBILE),
    });
    fc.assert(
      fc.property(written, ({ how: [, write], between: [, mark], zero, number }) => {
        const parted = write(number).replace(/(?<=\d{3})(\d{4})(?=\d{3,4}(?!\d))/, `${mark}$1${mark}`);
        expect(readCallerNumber(inDigits(parted, zero), 'GB')).toBe(number);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['in letters at its end, by the keypad', '0800 BANKING', '+448002265464'],
    ['in letters, of another country', '1-800-GO-FEDEX', '+18004633339'],
    ['without the plus, of another country', '12025550123', '+12025550123'],
    ['that only looks as if it began with 141', '14105550123', '+14105550123'],
    ['of a local kind with its context', 'tel:7946-0100;phone-context=+4420', LINE],
    ['of a national kind with its context', 'tel:020 7946 0100;phone-context=+44', LINE],
    ['of three different scripts, by value', '02\u0660 7946 01\uff10\u09e6', LINE],
  ])('is read %s', (_how, text, expected) => {
    expect(readCallerNumber(text, 'GB')).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '-1',
    '-2',
    '-3',
    '+',
    '?',
    'P',
    'O',
    'U',
    '0',
    '00',
    '0000000000',
    '+0000000000',
    'anonymous',
    'Anonymous@anonymous.invalid',
    'sip:anonymous@anonymous.invalid',
    '"Anonymous" <sip:anonymous@anonymous.invalid>',
    '<unknown>',
    'tel:',
    'tel:anonymous',
    '"+442079460100" <sip:anonymous@anonymous.invalid>',
    'Private number',
    'Private 2',
    '2 unknown callers',
    'Unknown',
    'Numéro masqué',
    '非通知',
    'Northbank',
    'Northbank 24',
    '+266696687',
    '266696687',
    '8656696',
    'null',
    'sip:192.168.100.100',
    'sip:10.0.0.1:5060',
    '999',
    '159',
    '60123',
    'help2079460100@bank.example',
    '02O7946O1OO',
    '07 anonymous',
    'Missed call 2026-01-31 09:30',
    'Case 2079460100',
    '**21*+447700900999#',
    '*#06#',
    '+442079460100 +442079460101',
    '020 7946 0100, 07700 900999',
    '020 7946 0100 / 020 7946 0101',
    '<tel:+442079460100>, <tel:+442079460101>',
    '\u202e0010 6497 020',
    '%ff%00',
    '%',
    '\ud800',
    '\u{1f4de}',
    `${LINE}${' '.repeat(MOST_NUMBER_CHARACTERS)}`,
  ])('is none in %j', (text) => {
    expect(readCallerNumber(text, 'GB')).toBeNull();
  });

  it.each([
    ['sip:+447700900999@h?P-Asserted-Identity=%3Csip:+442079460100@x%3E'],
    ['<sip:+447700900999@h?P-Asserted-Identity=%3Csip:+442079460100@x%3E>'],
    ['sip:+447700900999@h?Subject=%3C%2B442079460100%3E'],
    ['sip:+447700900999@h;x=%3C+442079460100%3E'],
    ['tel:+447700900999;cpn=%3C+442079460100%3E'],
    ['tel:+447700900999?body=+442079460100'],
    ['%3C%2B442079460100%3E <sip:+447700900999@x>'],
    ['\uff1c+442079460100\uff1e <sip:+447700900999@x>'],
    ['"a%22 %3C+442079460100%3E %22b" <sip:+447700900999@x>'],
    ['tel:+447700900999;npdi;rn=+442079460100'],
    ['sip:+447700900999;rn=+442079460100;npdi@ims.example;user=phone'],
    ['tel:+447700900999;ext=+442079460100'],
  ])('is that of the address and not what its name, parameters and headers say: %s', (text) => {
    expect(readCallerNumber(text, 'GB')).toBe('+447700900999');
  });

  it('is read beside the routing number of one that was ported (RFC 4694)', () => {
    expect(readCallerNumber(`sip:${LINE};npdi;rn=+441234567890@x`, 'GB')).toBe(LINE);
    expect(readCallerNumber(`tel:${LINE};rn=+441234567890;npdi`, 'GB')).toBe(LINE);
  });

  it.each([
    ['%3C+442079460100%3E sip:+447700900999@x'],
    ['\uff1c+442079460100\uff1e +447700900999'],
    ['\uff1c442079460100\uff1e sip:447700900999@10.0.0.1'],
    ['sip:+442079460100@x, sip:+447700900999@x'],
    ['sip:+442079460100@x sip:+447700900999@x'],
    ['+442079460100@x +447700900999'],
    ['<+442079460100@x,+447700900999>'],
    ['02079460100,07700900999'],
    ['+442079460100 # 07700900999'],
    ['sip:alice;x=+442079460100@x'],
    ['tel:;phone-context=+442079460100'],
    ['sip:%3C+442079460100%3E@x'],
  ])('is none where two stand, or none in an address: %s', (text) => {
    expect(readCallerNumber(text, 'GB')).toBeNull();
  });

  it.each([
    '+44 20 7946 010O',
    '020 7946 OIOO',
    '020 7946 0l00',
    '0207946010o',
    '7378742833',
    '0266696687',
    '+44266696687',
    '2562533',
    '94844353',
  ])('is none with letters in place of digits, or where the keypad spells that it is hidden: %s', (text) => {
    expect(readCallerNumber(text, 'GB')).toBeNull();
  });

  it("is none of six digits with the country's code, to either reader", () => {
    for (const text of ['+490001', '+49000 1 ', '0049 0001']) {
      expect([toE164(text, 'GB'), readCallerNumber(text, 'GB')]).toEqual([null, null]);
    }
  });

  it('is the same where both readers read one, is its own reading, and never throws', () => {
    const anything = fc.oneof(
      fc.string({ maxLength: 60, unit: 'binary' }),
      fc.stringMatching(/^[+0-9 ()<>"@;:=,.#*xpw%-]{0,60}$/),
      fc.stringMatching(/^\+?[0-9 ()-]{3,20}$/),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom('GB', 'US', 'FR', 'XX'), (text, country) => {
        const [kept, shown] = [toE164(text, country), readCallerNumber(text, country)];
        for (const number of [kept, shown])
          expect(
            number === null || (/^\+[1-9]\d{6,14}$/.test(number) && readCallerNumber(number, country) === number),
          ).toBe(true);
        expect(kept === null || toE164(kept, country) === kept).toBe(true);
        if (kept !== null && shown !== null) expect(shown).toBe(kept);
      }),
      { numRuns: 2_000 },
    );
  });
});
