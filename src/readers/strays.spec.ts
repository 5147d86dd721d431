import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasStrays, receivable, withoutStrays, withStraysShown } from './strays.js';

describe('what nobody writes', () => {
  it.each([
    '\u0000',
    '\u0007',
    '\u001b',
    '\u007f',
    '\u009f',
    '\ufdd0',
    '\ufdd1',
    '\ufffe',
    '\uffff',
    '\u{1fffe}',
    '\u{10ffff}',
    '\ue000',
    '\u{f0000}',
    '\u2065',
    '\ufff0',
    '\u{e0080}',
    '\u0378',
  ])('%j is seen', (character) => {
    expect(hasStrays(`a${character}b`)).toBe(true);
  });

  it.each([
    'a b',
    '\t\r\n\v\f\u0085\u2028',
    'ë £ € ’ …',
    '您好。',
    '\u200b\ufeff\u00ad\u200e',
    '🙂👩‍👩‍👧🇬🇧',
    '\ufffd\ufffc',
  ])('%j is writing', (text) => {
    expect(hasStrays(text)).toBe(false);
    expect(withStraysShown(text)).toBe(text);
    expect(receivable(text)).toBe(text);
  });

  it.each<[string, string]>([
    ['in a number', '0800\u0001 496'],
    ['before a number', '\u0001 0800'],
    ['after a number', '0800 \u0001.'],
    ['in a word of an address', 'a\u0001b@c'],
    ['after what is next', '£5 \u0002x y'],
    ['in a code', 'QX\u0001Z'],
    ['beside a link', '\ufdd1 \u0002'],
    ['in capitals that they part', 'G\u0001BP'],
  ])('is shown %s', (_where, text) => {
    expect(withStraysShown(text)).toBe(text.replaceAll('\u0001', '\u{10fffd}').replaceAll('\u0002', '\u{10fffd}'));
  });

  it('is left in plain words, where nothing comes of it', () => {
    expect(withStraysShown('We ne\u0001ver ask')).toBe('We ne\u0001ver ask');
  });

  it("never is another noncharacter than a mark of this product's, and nothing else changes", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(receivable(text)).not.toMatch(/\p{Noncharacter_Code_Point}/u);
        expect([...receivable(text)]).toHaveLength([...text.toWellFormed()].length);
        expect(hasStrays(withoutStrays(receivable(text)))).toBe(false);
        expect(withoutStrays(withStraysShown(receivable(text)))).toBe(withoutStrays(receivable(text)));
      }),
      { numRuns: 2_000 },
    );
  });
});
