import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictObject, StrictJsonRefused, type StrictJsonFault } from './strict-json.js';

function faultOf(text: string, maxLength = 10_000): StrictJsonFault | null {
  try {
    parseStrictObject(text, maxLength);
    return null;
  } catch (error) {
    if (error instanceof StrictJsonRefused) return error.fault;
    throw error;
  }
}

/** A JSON string whose characters are escaped or not, as `escaped` says, which is the same string to a parser. */
function quote(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text);
  return `"${[...Array(text.length).keys()]
    .map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')}"`;
}

/** Names of one character and few letters, so that some are equal, some only after unescaping. */
const member = fc.record({ name: fc.constantFrom('a', 'b', '"', '\\', ':', ' ', '😀'), escaped: fc.boolean() });

describe('parseStrictObject', () => {
  it('reads what JSON.parse reads', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }));
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!text.includes('"__proto__"'));
        expect(parseStrictObject(text, text.length)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it('never reads a text in another way than JSON.parse, and only an object, whatever the text', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-2e5',
      'true',
      'null',
      ' ',
      '"',
      '\\',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 8 }).map((pieces) => `{"a":${pieces.join('')}}`),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        if (faultOf(candidate) !== null) return;
        const value = parseStrictObject(candidate, 10_000);
        expect(value).toEqual(JSON.parse(candidate));
        expect(Object.prototype.toString.call(value)).toBe('[object Object]');
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses an object exactly where a key is there twice, at any depth and however it is written', () => {
    const objects = fc.array(fc.array(member, { maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(objects, (levels) => {
        const text = levels.reduceRight((inner, members) => {
          const written = members.map((m, i) => `${quote(m.name, m.escaped)} : ${i % 2 === 0 ? '"a"' : '[{"a":1}]'}`);
          return `{${[...written, `"inner":${inner}`].join(' , ')}}`;
        }, '0');
        const twice = levels.some((members) => new Set(members.map((m) => m.name)).size < members.length);
        expect(faultOf(text)).toBe(twice ? 'duplicate_key' : null);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string, StrictJsonFault]>([
    ['a duplicate', '{"a":1,"a":1}', 'duplicate_key'],
    ['a duplicate after unescaping', String.raw`{"a":1,"\u0061":2}`, 'duplicate_key'],
    ['a duplicate inside an array', '{"x":[1,{"b":1,"b":2}]}', 'duplicate_key'],
    ['a duplicate after a nested object with the same key', '{"a":{"a":1},"a":2}', 'duplicate_key'],
    ['__proto__', '{"__proto__":{}}', 'forbidden_key'],
    ['__proto__ in escapes, nested', String.raw`{"a":{"\u005f_proto__":1}}`, 'forbidden_key'],
    ['an escaped lone surrogate', String.raw`{"a":"\ud800"}`, 'surrogate'],
    ['an escaped lone surrogate in a key', String.raw`{"\udc00":1}`, 'surrogate'],
    ['a raw lone surrogate', '{"a":"\ud800"}', 'surrogate'],
    ['half raw, half escaped', '{"a":"\ud83d\\ude00"}', 'surrogate'],
    ['an array', '[{}]', 'not_an_object'],
    ['null', 'null', 'not_an_object'],
    ['a string', '"{}"', 'not_an_object'],
    ['nothing', '', 'syntax'],
    ['trailing data', '{}{}', 'syntax'],
    ['a byte order mark', '\ufeff{}', 'syntax'],
    ['a comment', '{}//', 'syntax'],
    ['a number too large', '{"iat":1e400}', 'number'],
    ['a number too small', '{"iat":[-1e999]}', 'number'],
  ])('refuses %s', (_, text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it('takes what only looks like a fault', () => {
    const text = String.raw`{"a":"a","b":"__proto__","c":"\ud83d\ude00\\\"","d":["a","a"],"e":{"a":1},"constructor":1}`;
    expect(parseStrictObject(text, 1000)).toEqual(JSON.parse(text));
  });

  it('allows a depth of 8 and no more, mixed containers counted alike', () => {
    expect(faultOf(`${'{"a":'.repeat(7)}{}${'}'.repeat(7)}`)).toBeNull();
    expect(faultOf(`${'{"a":'.repeat(8)}{}${'}'.repeat(8)}`)).toBe('depth');
    expect(faultOf(`{"a":${'['.repeat(8)}${']'.repeat(8)}}`)).toBe('depth');
    expect(faultOf(`{"a":"${'{'.repeat(20)}"}`)).toBeNull();
  });

  it('bounds the length', () => {
    expect(faultOf('{"a":1}', 7)).toBeNull();
    expect(faultOf('{"a":1}', 6)).toBe('too_long');
  });

  it('does not quote the text in its error', () => {
    expect(() => parseStrictObject('{"secret":1', 100)).toThrow(/^JSON text refused: syntax$/);
  });
});
