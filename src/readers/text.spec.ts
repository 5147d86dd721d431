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
    ['curly quotes and dashes', '\u2018a\u2019\u2010b', '\'a\'-b'],
    ['composed and decomposed', 'caf\u00e9', 'cafe\u0301'],
  ])('is the same with %s', (_name, disguised, plain) => {
    expect(skeleton(disguised)).toBe(skeleton(plain));
  });

  it('differs where the eye sees a difference', () => {
    for (const [a, b] of [['northbank', 'northbenk'], ['0800 496 0999', '0800 496 0998'], ['6', '8'], ['a', 'A'], ['yes', 'no']]) expect(skeleton(a!)).not.toBe(skeleton(b!));
  });

  it('is a fixed point, and as well formed as can be, for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const folded = foldText(text);
      expect(foldText(folded)).toBe(folded);
      expect(folded.isWellFormed()).toBe(true);
      expect(folded).not.toMatch(/^\s|\s$|\s\s/);
    }));
  });

  it('keeps direction marks, which decide in which order digits are shown', () => {
    expect(foldText('12\u202e34')).not.toBe(foldText('1234'));
    expect(foldText('12\u200f34')).not.toBe(foldText('1234'));
    expect(visible('12\u200b\u00ad\u0000\ud80034')).toBe('12\ufffd34');
  });
});

describe('digitsByValue', () => {
  it.each([
    ['\u0660\u0661\u0669', '019'], ['\u09ea\u09e6', '40'], ['\uff15', '5'], ['\u{1d7d8}\u{1d7ec}\u{1d7ff}\u{1d7ce}', '0090'], ['\u0be6', '0'], ['07\u06f7', '077'], ['no digit \u00b2\u2460', 'no digit \u00b2\u2460'],
  ])('reads %j as %j', (text, read) => {
    expect(digitsByValue(text)).toBe(read);
  });

  it('gives every decimal digit of Unicode the value that NFKC or its place in its system gives it', () => {
    const all = Array.from({ length: 0x11_0000 }, (_, code) => code).filter((code) => (code < 0xd800 || code > 0xdfff) && /\p{Nd}/u.test(String.fromCodePoint(code)));
    expect(all.length).toBeGreaterThan(600);
    expect(all.length % 10).toBe(0);
    all.forEach((code, place) => expect(digitsByValue(String.fromCodePoint(code))).toBe(String(place % 10)));
  });
});
