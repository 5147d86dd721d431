import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, CanonicalJsonRefused, displayHash, type CanonicalJsonFault } from './canonical-json.js';

/** RFC 8785 appendix B: bits of a double, and its text. */
const NUMBERS: Array<[string, string]> = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

function faultOf(value: unknown): CanonicalJsonFault | null {
  try {
    canonicalJson(value);
    return null;
  } catch (error) {
    if (error instanceof CanonicalJsonRefused) return error.fault;
    throw error;
  }
}

/** Any JSON value, with well-formed strings of all of Unicode. */
const json = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });

function withKeysReversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withKeysReversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, withKeysReversed(member)]),
  );
}

describe('canonicalJson (RFC 8785)', () => {
  it('writes what the library of an author of the RFC writes, for any JSON value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('and for objects of hundreds of keys, and long texts', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary', maxLength: 4 }), fc.integer(), {
          minKeys: 150,
          maxKeys: 300,
          size: 'max',
        }),
        fc.string({ unit: 'binary', minLength: 4_000, maxLength: 6_000, size: 'max' }),
        (many, long) => {
          expect(canonicalJson({ many, long })).toBe(canonicalize({ many, long }));
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each(NUMBERS)('writes the double %s as %s (appendix B)', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  it.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('refuses the double %s', (bits) => {
    expect(faultOf({ a: [Buffer.from(bits, 'hex').readDoubleBE()] })).toBe('number');
  });

  it('gives the bytes of section 3.2.4 for the example of section 3.2.2', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(Buffer.from(canonicalJson(JSON.parse(text)), 'utf8').toString('hex')).toBe(
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a' +
        '5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d' +
        '2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d',
    );
  });

  it('sorts keys by UTF-16 code units (section 3.2.3)', () => {
    const text = String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }`;
    expect(canonicalJson(JSON.parse(text)).match(/[A-Z][A-Za-z: ]+/g)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('does not depend on the order of keys', () => {
    fc.assert(fc.property(json, (value) => canonicalJson(withKeysReversed(value)) === canonicalJson(value)));
  });

  it('survives parsing: the parsed text is the same value and has the same form', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('leaves out members that are undefined, as JSON does', () => {
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
  });

  it('keeps a key named __proto__ as an ordinary one', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"b":1},"a":2}'))).toBe('{"__proto__":{"b":1},"a":2}');
  });

  it.each([
    ['a lone high surrogate', { a: 'x\ud800' }, 'surrogate'],
    ['a lone low surrogate', ['\udc00'], 'surrogate'],
    ['surrogates in the wrong order', '\udc00\ud800', 'surrogate'],
    ['a lone surrogate in a key', { '\udfff': 1 }, 'surrogate'],
    ['undefined', undefined, 'not_json'],
    ['a function', () => 1, 'not_json'],
    ['a nested function', { a: () => 1 }, 'not_json'],
    ['a symbol', { a: Symbol('a') }, 'not_json'],
    ['a bigint', [1n], 'not_json'],
    ['undefined in an array', [undefined], 'not_json'],
    // eslint-disable-next-line no-sparse-arrays -- the hole is the case
    ['a hole in an array', [1, , 2], 'not_json'],
    ['a date', { at: new Date(0) }, 'not_json'],
    ['a map', new Map([['a', 1]]), 'not_json'],
    ['an object that says what it is', { toJSON: () => 1 }, 'not_json'],
    ['NaN', NaN, 'number'],
  ])('refuses %s', (_, value, fault) => {
    expect(faultOf(value)).toBe(fault);
  });

  it('refuses cycles and great depth with its own error', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(faultOf(cycle)).toBe('depth');
    expect(faultOf(JSON.parse('['.repeat(65) + ']'.repeat(65)))).toBe('depth');
    expect(faultOf(JSON.parse('['.repeat(64) + ']'.repeat(64)))).toBeNull();
  });
});

describe('displayHash', () => {
  it('is the base64url of the SHA-256 of the canonical UTF-8', () => {
    const expected = createHash('sha256').update(Buffer.from('{"a":"€","b":2}', 'utf8')).digest('base64url');
    expect(displayHash({ b: 2, a: '€' })).toBe(expected);
    expect(displayHash({})).toBe('RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o');
  });

  it('differs where anything displayed differs', () => {
    expect(displayHash({ purpose: 'Your loan' })).not.toBe(displayHash({ purpose: 'your loan' }));
  });
});
