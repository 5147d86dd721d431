import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markDifferences } from '../../packages/elements/src/parts/differences.js';

describe('a message with its differences', () => {
  test('is the message, whatever was received', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string(), { maxLength: 4 }), (message, received) => {
        const pieces = markDifferences(message, received);
        expect(pieces.map(({ text }) => text).join('')).toBe(message);
        for (const [at, { marked }] of pieces.entries()) expect(marked).not.toBe(pieces[at + 1]?.marked ?? !marked);
      }),
    );
  });

  test('has each part marked that was received, every time that it stands there, and nothing else', () => {
    expect(markDifferences('go to a.example or a.example now', ['a.example', 'not there', ''])).toEqual([
      { text: 'go to ', marked: false },
      { text: 'a.example', marked: true },
      { text: ' or ', marked: false },
      { text: 'a.example', marked: true },
      { text: ' now', marked: false },
    ]);
    expect(markDifferences('abc', [])).toEqual([{ text: 'abc', marked: false }]);
    expect(markDifferences('abc', ['abc', 'b'])).toEqual([{ text: 'abc', marked: true }]);
  });
});
