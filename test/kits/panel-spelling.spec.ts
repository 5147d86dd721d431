import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grouped, spelled } from '../../packages/elements/src/agent-panel/spelling.js';

/** Crockford's base 32: what references are made of. */
const REFERENCE = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('what is read aloud', () => {
  test.each([
    ['481205', 'en', 'four eight one, two zero five'],
    ['481205', 'de', 'vier acht eins, zwo null fünf'],
    ['K7QM-2D4F', 'en', 'Kilo seven Quebec Mike, two Delta four Foxtrot'],
    ['K7QM-2D4F', 'de', 'Köln sieben Quickborn München, zwo Düsseldorf vier Frankfurt'],
  ])('%s in %s', (text, language, words) => {
    expect(spelled(text, language)).toBe(words);
  });

  test.each(['en', 'de'])('has one word for each character of a reference, and none twice, in %s', (language) => {
    const words = [...REFERENCE].map((one) => spelled(one, language));
    expect(new Set(words).size).toBe(REFERENCE.length);
    expect(words.every((word) => word.length > 1)).toBe(true);
  });

  test('is all of a code, in its order', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{6}$/), (code) => {
        expect(grouped(code).join('')).toBe(code);
        expect(spelled(code, 'en').split(/,? /)).toHaveLength(6);
      }),
    );
  });
});
