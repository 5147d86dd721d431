import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsInheritedName, isNestedDeeper } from './json-text.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the depth of a JSON text', () => {
  it('is counted as a reader would meet it, whatever its strings hold', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), (value, most) => {
      expect(isNestedDeeper(JSON.stringify(value), most)).toBe(depthOf(value) > most);
    }));
    expect(isNestedDeeper('{"[[[[":"]]{{{{\\"[[["}', 1)).toBe(false);
  });

  it('is counted in text that is no JSON, too', () => {
    fc.assert(fc.property(fc.string(), fc.nat(3), (text, most) => { isNestedDeeper(text, most); }));
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
