import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsByValue, foldText, skeleton, visible } from './text.js';

describe('what a text looks like', () => {
  it.each([
    ['Cyrillic', 'n\u043erthb\u0430nk', 'northbank'],
    ['Greek', '\u039dORTH\u0392\u0391NK', 'NORTHBANK'],
    ['full width', '\uff4e\uff4f\uff52\uff54\uff48', 'north'],
    ['mathematical', '\u{1d427}\u{1d428}\u{1d42b}\u{1d42d}\u{1d421}', 'north'],
    ['zero-width', 'no\u200br\u2060th\ufeff', 'north'],
    ['rn for m', 'exarnple', 'example'],
    ['1, l, I and |', '1I|', 'lll'],
    ['0 for O', '0K', 'OK'],
    ['curly quotes and dashes', '\u2018a\u2019\u2010b', "'a'-b"],
    ['composed and decomposed', 'caf\u00e9', 'cafe\u0301'],
  ])('is the same with %s', (_name, disguised, plain) => {
    expect(skeleton(disguised)).toBe(skeleton(plain));
  });

  it('differs where the eye sees a difference', () => {
    for (const [a, b] of [
      ['northbank', 'northbenk'],
      ['0800 496 0999', '0800 496 0998'],
      ['6', '8'],
      ['a', 'A'],
      ['yes', 'no'],
    ])
      expect(skeleton(a!)).not.toBe(skeleton(b!));
  });

  it('is a fixed point, and as well formed as can be, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(skeleton(skeleton(text))).toBe(skeleton(text));
        expect(skeleton(text).isWellFormed()).toBe(true);
      }),
    );
  });

  it('keeps direction marks, which decide in which order digits are shown', () => {
    expect(foldText('12\u202e34')).not.toBe(foldText('1234'));
    expect(foldText('12\u200f34')).not.toBe(foldText('1234'));
    expect(visible('12\u200b\u00ad\u0000\ud80034')).toBe('12\ufffd34');
  });
});

const SAME = true;
const OTHER = false;

describe('wording', () => {
  it.each<[string, string, string, boolean]>([
    ['white space of any kind', 'a\u00a0b \u2003\n c\u2800d', 'a b c d', SAME],
    ['look-alike letters in a word', 'n\u043ething', 'nothing', SAME],
    ['styled letters in a word', '\uff2eorth\u{1d41b}ank\uff1a', 'Northbank:', SAME],
    ['curly quotes and dashes in and around a word', '\u201cdon\u2019t\u201d e\u2011mail', '"don\'t" e-mail', SAME],
    ['an en dash between numbers', '9\u20135', '9-5', SAME],
    ['quotation marks around a number', '\u201c0999\u201d.', '"0999".', SAME],
    ['full-width digits throughout', '\uff10\uff18\uff10\uff10 \uff14\uff19\uff16', '0800 496', SAME],
    ['outlined digits throughout', '\u{1ccf0}\u{1ccf8}', '08', SAME],
    ['composed and decomposed letters beside a digit', 'caf\u00e91', 'cafe\u03011', SAME],
    ['full-width digits in a part', '0800 \uff14\uff19\uff16', '0800 496', OTHER],
    ['digits of another system with the same values', '\u0660\u0668\u0660\u0660', '0800', OTHER],
    ['digits of another system with the same look', '\u09e6\u09ea\u09e6\u09e6', '0800', OTHER],
    ['a letter that looks like a digit', '3\u0417', '33', OTHER],
    ['a digit that looks like a letter', 'b\u0660b', 'bob', OTHER],
    ['O and 0', 'O', '0', OTHER],
    ['l and 1', 'l', '1', OTHER],
    ['a look-alike in capitals', 'GB\u0420', 'GBP', OTHER],
    ['l for I in capitals', 'MlDL', 'MIDL', OTHER],
    ['Lisu letters for capitals', '\ua4d0\ua4f4', 'BU', OTHER],
    ['rn for m in a host', 'bank.exarnple', 'bank.example', OTHER],
    ['rn for m in an address', 'rnax@bank.example', 'max@bank.example', OTHER],
    ['rn for m beside a digit', 'rnax1', 'max1', OTHER],
    ['rn for m in a word', 'rnax', 'max', SAME],
    ['pounds and lire', '\u20a4', '\u00a3', OTHER],
    ['another dash in a host', 'north\u2010bank.example', 'north-bank.example', OTHER],
    ['a bidi mark in a word', 'no\u200ething', 'nothing', OTHER],
    ['a mark of its own in the text', '\ufdd0GBP\ufdd0', 'GBP', SAME],
    ['a noncharacter before a look-alike', '\ufdd0GB\u0420\ufdd0', 'GBP', OTHER],
    ['a fraction', '1\u00bd', '11\u20442', OTHER],
    ['a star that no phone dials', '\u204e100#', '*100#', OTHER],
  ])('with %s', (_what, one, other, same) => {
    expect(foldText(one) === foldText(other)).toBe(same);
  });

  it('has no white space at its ends or twice, and is well formed, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const folded = foldText(text);
        expect(folded.isWellFormed()).toBe(true);
        expect(folded).not.toMatch(/^\s|\s$|\s\s/);
      }),
    );
  });

  /** What each is when it is acted upon: digits by value, and whatever else stands in it. */
  const acted = (text: string): string =>
    visible(text)
      .normalize('NFC')
      .replace(/[\p{Pd}\u2212]/gu, '-')
      .replace(/[\u2018\u2019\u02bc\u2032]/gu, "'")
      .replace(/[\u201c\u201d\u2033]/gu, '"')
      .replace(/\s+/gu, ' ')
      .trim();

  it('never is the same where a character of a number, a code, an address or an amount is another', () => {
    const values = [
      '0800 496 0999',
      '+44 20 7946 0100',
      'GB33 BUKB 2020 1555 5555 55',
      '20-20-15',
      '55555555',
      '£1,250.00',
      'QX7-204',
      'help@northbank.example',
      'https://northbank.example/cards?from=sms',
      'northbank.example',
    ];
    const lookalikes = new Map<string, string[]>();
    for (let code = 0x21; code < 0x2_0000; code += 1) {
      const character = String.fromCodePoint(code);
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const look = skeleton(character);
      if (look !== '') lookalikes.set(look, [...(lookalikes.get(look) ?? []), character]);
    }
    const change = fc.record({
      value: fc.constantFrom(...values),
      place: fc.nat(60),
      pick: fc.nat(),
      from: fc.constantFrom('look', 'digit', 'any'),
      any: fc.integer({ min: 0x20, max: 0x1_ffff }),
    });
    let tried = 0;
    fc.assert(
      fc.property(change, ({ value, place, pick, from, any }) => {
        const at = place % value.length;
        const was = value[at]!;
        const alike = lookalikes.get(skeleton(was)) ?? [was];
        const digits = [
          '\u0660',
          '\u06f0',
          '\u07c0',
          '\u0966',
          '\u09e6',
          '\u0a66',
          '\u0b66',
          '\u0be6',
          '\u0e50',
          '\u1040',
          '\u{1d7ce}',
          '\uff10',
        ].map((zero) => String.fromCodePoint(zero.codePointAt(0)! + (pick % 10)));
        const is =
          from === 'look'
            ? alike[pick % alike.length]!
            : from === 'digit'
              ? digits[pick % digits.length]!
              : String.fromCodePoint(any >= 0xd800 && any <= 0xdfff ? 0x41 : any);
        const changed = value.slice(0, at) + is + value.slice(at + 1);
        // One figure among others that is full width is tried above; alone it would be the whole number.
        fc.pre(acted(changed) !== acted(value) && !NONCHARACTER.test(is));
        tried += 1;
        expect(foldText(`Pay or ring ${changed} now`), JSON.stringify(changed)).not.toBe(
          foldText(`Pay or ring ${value} now`),
        );
      }),
      { numRuns: 5_000 },
    );
    expect(tried).toBeGreaterThan(1_000);
  });
});

const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

describe('digitsByValue', () => {
  it.each([
    ['\u0660\u0661\u0669', '019'],
    ['\u09ea\u09e6', '40'],
    ['\uff15', '5'],
    ['\u{1d7d8}\u{1d7ec}\u{1d7ff}\u{1d7ce}', '0090'],
    ['\u0be6', '0'],
    ['07\u06f7', '077'],
    ['no digit \u00b2\u2460', 'no digit \u00b2\u2460'],
  ])('reads %j as %j', (text, read) => {
    expect(digitsByValue(text)).toBe(read);
  });

  it('gives every decimal digit of Unicode the value that NFKC or its place in its system gives it', () => {
    const all = Array.from({ length: 0x11_0000 }, (_, code) => code).filter(
      (code) => (code < 0xd800 || code > 0xdfff) && /\p{Nd}/u.test(String.fromCodePoint(code)),
    );
    expect(all.length).toBeGreaterThan(600);
    expect(all.length % 10).toBe(0);
    all.forEach((code, place) => expect(digitsByValue(String.fromCodePoint(code))).toBe(String(place % 10)));
  });
});
