import { describe, expect, it } from 'vitest';
import { generateReference, parseReference, type ReferenceKind } from './reference.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const KINDS: ReferenceKind[] = ['call', 'change', 'callback', 'notice'];
const SAMPLES = KINDS.flatMap((kind) => Array.from({ length: 100 }, () => generateReference(kind)));

const bare = (reference: string) => reference.replace('-', '');

describe('generateReference', () => {
  it('is 8 Crockford characters in two groups, and reads back as itself and its kind', () => {
    for (const kind of KINDS) {
      for (let i = 0; i < 200; i += 1) {
        const reference = generateReference(kind);
        expect(reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
        expect(parseReference(reference)).toEqual({ reference, kind });
      }
    }
  });

  it('tells kinds apart by the first character', () => {
    const firsts = (kind: ReferenceKind) =>
      [...new Set(Array.from({ length: 500 }, () => generateReference(kind).charAt(0)))].sort().join('');
    expect(KINDS.map(firsts)).toEqual(['01234567', '89ABCDEF', 'GHJKMNPQ', 'RSTVWXYZ']);
  });

  it('tells a report from a notice, which share their first characters, by the second', () => {
    const seconds = (kind: ReferenceKind) =>
      [...new Set(Array.from({ length: 1000 }, () => generateReference(kind).charAt(1)))].sort().join('');
    expect([seconds('notice'), seconds('report')]).toEqual(['0123456789ABCDEF', 'GHJKMNPQRSTVWXYZ']);
    for (let i = 0; i < 200; i += 1) {
      const reference = generateReference('report');
      expect(reference).toMatch(/^[R-Z]/);
      expect(parseReference(reference)).toEqual({ reference, kind: 'report' });
    }
  });

  it('uses every character in every place, and does not repeat', () => {
    const many = Array.from({ length: 4000 }, () => bare(generateReference('call')));
    for (let place = 1; place < 8; place += 1) {
      expect(new Set(many.map((reference) => reference[place])).size).toBe(32);
    }
    // 4000 of 2^33: the chance of two alike is below one in 900, and of two such pairs below one in a million.
    expect(new Set(many).size).toBeGreaterThanOrEqual(3999);
  });

  it('keeps the check it has, since references are stored and printed', () => {
    expect(parseReference('0000-0000')).toEqual({ reference: '0000-0000', kind: 'call' });
    // By hand: the last place before the check counts α = 2, the one before it 4, then 8, 16, 5, 10, 20.
    expect(parseReference('0000-0012')).toEqual({ reference: '0000-0012', kind: 'call' });
    expect(parseReference('1000-000M')).toEqual({ reference: '1000-000M', kind: 'call' });
  });
});

describe('parseReference', () => {
  it('detects every substitution of one character', () => {
    for (const sample of SAMPLES) {
      const text = bare(sample);
      for (let place = 0; place < 8; place += 1) {
        for (const character of ALPHABET) {
          const changed = text.slice(0, place) + character + text.slice(place + 1);
          expect(parseReference(changed) === null).toBe(changed !== text);
        }
      }
    }
  });

  it('detects every exchange of two characters, adjacent or not', () => {
    for (const sample of SAMPLES) {
      const text = bare(sample);
      for (let a = 0; a < 8; a += 1) {
        for (let b = a + 1; b < 8; b += 1) {
          const characters = [...text];
          [characters[a], characters[b]] = [characters[b]!, characters[a]!];
          const changed = characters.join('');
          expect(parseReference(changed) === null).toBe(changed !== text);
        }
      }
    }
  });

  it('reads what a person types', () => {
    const reference = '1000-000M';
    const expected = { reference, kind: 'call' };
    for (const text of [
      '1000000M',
      '1000-000m',
      ' 1000 000m ',
      '1000–000M',
      '1000\u2011000M',
      '10 00 00 0M',
      'IOOO-OOOM',
      'lo0o 0ooM',
      'i000\t000m\n',
      '1-0-0-0-0-0-0-M',
      '１000-000M',
      '1\u20140  0  0\u200b  0  0  0  M',
      '        1000-000M',
      '\u0661\u0660\u0660\u0660 \u0660\u0660\u0660m',
    ]) {
      expect(parseReference(text)).toEqual(expected);
    }
  });

  it.each([
    '',
    '-',
    '1000-000',
    '1000-000M0',
    '1000-000N',
    '1000-00UM',
    '1000_000M',
    '1000.000M',
    '1000-000M!',
    '1000-000M\u0000',
    'ı000-000M',
    '0'.repeat(100_000),
  ])('answers null for %j', (text) => {
    expect(parseReference(text)).toBeNull();
  });
});
