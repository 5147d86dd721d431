import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTyped, readTypedWhole } from './typed.js';

describe('readTyped', () => {
  it.each([
    ['  a  b\u00a0\u3000c\n', 'a b c'],
    ['a\u2013b\u2014c\u2212d\u30fce', 'a-b-c-d-e'],
    ['a\u200bb\ufe0fc\u00add\u{e0061}', 'abcd'],
    ['\u200ea\u200f\u061c\u2066b\u2069', 'ab'],
    ['ＡＢ／１２．３', 'AB/12.3'],
    ['١٢٣', '123'],
    ['x৪x', 'x4x'],
    ['\u{1d7ce}\u{1d7cf}', '01'],
    ['', ''],
  ])('%j is %j', (text, typed) => expect(readTyped(text, 40)).toBe(typed));

  it.each(['1٢', '1１', '৪४', '1\u{1d7cf}', 'a\u202eb', 'a\u202db', 'a\u0000', 'a\u001b', 'a\u007f', 'x'.repeat(41)])(
    '%j was never typed',
    (text) => expect(readTyped(text, 40)).toBeNull(),
  );

  it('leaves letters of other alphabets, fillers and halves of characters as they are', () => {
    for (const text of ['ВВ', 'ß', 'ſ', '\u212a', '\u3164', '\ud800', '\u{1d406}', '①', '²'])
      expect(readTyped(text, 40)).toBe(text);
  });

  it('reads plain text as it stands, and what it gave once more the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^([A-Za-z0-9/.]+([ -][A-Za-z0-9/.]+)*)?$/), (text) => {
        expect(readTyped(text, 10_000)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        const typed = readTyped(text, 60);
        if (typed !== null) expect(readTyped(typed, 60)).toBe(typed);
      }),
      { numRuns: 2_000 },
    );
  });

  it('without what parts it for the eye', () =>
    expect([readTypedWhole('20\u201329\u00a059', 40), readTypedWhole('1٢', 40)]).toEqual(['202959', null]));
});
