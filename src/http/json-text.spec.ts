import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnstorable, holdsInheritedName, isNestedDeeper } from './json-text.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the depth of a JSON text', () => {
  it('is counted as a reader would meet it, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), (value, most) => {
        expect(isNestedDeeper(JSON.stringify(value), most)).toBe(depthOf(value) > most);
      }),
    );
    expect(isNestedDeeper('{"[[[[":"]]{{{{\\"[[["}', 1)).toBe(false);
  });

  it('is counted in text that is no JSON, too', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(3), (text, most) => {
        isNestedDeeper(text, most);
      }),
    );
    expect(isNestedDeeper('['.repeat(100_000), 32)).toBe(true);
  });
});

describe('a name that every object has', () => {
  it('is found at any depth, and no other name is taken for one', () => {
    expect(holdsInheritedName({ a: [{ toString: 1 }] })).toBe(true);
    expect(holdsInheritedName(JSON.parse('{"a":{"__proto__":1}}') as object)).toBe(true);
    expect(holdsInheritedName({ a: ['toString', { number: 1, length: 2 }], b: null })).toBe(false);
  });
});

describe('what cannot be stored', () => {
  const find = (text: string): string | null => findUnstorable(text, JSON.parse(text));

  it.each([
    ['{"a":"\\u0000"}', '#/a'],
    ['{"a":{"b/c":["x","y\\u0000z"]}}', '#/a/b~1c/1'],
    ['{"a":{"\\u0000":1}}', '#/a'],
    ['["\\u0000"]', '#/0'],
    ['{"a":1e400}', '#/a'],
    ['{"a":-1E+0999}', '#/a'],
    [`{"a":[1${'0'.repeat(309)}]}`, '#/a/0'],
    [`{"${'x'.repeat(65)}":{"a":1e999}}`, '#/a'],
  ])('is found in %s', (text, pointer) => expect(find(text)).toBe(pointer));

  it.each(['{"a":"\\\\u0000"}', '{"a":1e308,"b":1e-400,"c":0.1}', '{"a":"1e400"}', '{}', `{"a":"${'9'.repeat(400)}"}`])(
    'is not found in %s',
    (text) => expect(find(text)).toBeNull(),
  );

  it('is found wherever a walk of the value would find it', () => {
    const holds = (value: unknown): boolean =>
      typeof value === 'string'
        ? value.includes('\u0000')
        : typeof value === 'object' &&
          value !== null &&
          Object.entries(value).some(([name, member]) => holds(name) || holds(member));
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u0000', 'u0000', '\\u0000', '\\', 'e400'));
    fc.assert(
      fc.property(
        fc.object({ key: text, values: [text, fc.double({ noNaN: true, noDefaultInfinity: true })], maxDepth: 3 }),
        (value) => {
          expect(find(JSON.stringify(value)) !== null).toBe(holds(value));
        },
      ),
    );
  });
});
