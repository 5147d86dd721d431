import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { Type } from 'class-transformer';
import { IsLowercase } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyReaderOf, bodySchemaOf } from './compiled-bodies.js';
import { isPlainLine } from './field-rules.js';
import type { BodyClass } from './field-shapes.js';
import {
  Amount,
  CheckedLater,
  Country,
  Flag,
  ForeignText,
  ForeignTextList,
  JsonObject,
  Locale,
  Nested,
  NestedList,
  OneOf,
  Pattern,
  Text,
  TextList,
  Time,
  TimeZone,
  Whole,
  WholeList,
} from './fields.js';
import { Refusal } from '../refusals/refusal.js';
import { validationPipe } from './validation.js';

const description = 'A field.';
const ROUTE_ARGUMENTS = '__routeArguments__';
const BODY_ARGUMENT = /^3:/;

/** Bodies that no compiled validator takes, and why. */
const NOT_COMPILED: Record<string, string> = {};

class SampleInnerDto {
  @Text({ maxLength: 5, description }) name: string;
  @Amount({ min: -5, max: 1e12, optional: true, description }) amount?: number;
}

/** Every decorator of fields.ts, with limits that a small value reaches. */
class SampleDto {
  @Text({ maxLength: 3, optional: true, description }) text?: string;
  @Text({ maxLength: 4, multiline: true, optional: true, description }) lines?: string;
  @ForeignText({ maxLength: 2, optional: true, description }) foreign?: string;
  @ForeignTextList({ maxItems: 2, maxLength: 2, optional: true, description }) foreigns?: string[];
  @Pattern(/^[\s\S]*$/, { maxLength: 2, says: 'a text', optional: true, description }) anything?: string;
  @OneOf(['red', 'green'], { description }) colour: string;
  @Flag({ optional: true, description }) flag?: boolean;
  @Whole({ min: -1, max: 10, optional: true, description }) whole?: number;
  @WholeList({ min: 1, max: 7, minItems: 1, maxItems: 2, optional: true, description }) wholes?: number[];
  @Amount({ min: 0, max: 1e12, optional: true, description }) amount?: number;
  @Time({ optional: true, description }) time?: string;
  @TimeZone({ optional: true, description }) zone?: string;
  @Locale({ optional: true, description }) locale?: string;
  @Country({ optional: true, description }) country?: string;
  @Nested(() => SampleInnerDto, { optional: true, description }) inner?: SampleInnerDto;
  @NestedList(() => SampleInnerDto, { maxItems: 2, minItems: 1, optional: true, description }) list?: SampleInnerDto[];
  @TextList({ maxItems: 2, maxLength: 3, optional: true, description }) texts?: string[];
  @JsonObject({ optional: true, description }) object?: object;
  @CheckedLater({ type: 'string' }, { description }) later: unknown;
  @CheckedLater({ type: 'string' }, { optional: true, description }) mayBeLater?: unknown;
}

interface RouteBody {
  readonly route: string;
  readonly type: BodyClass;
}

async function routeBodies(): Promise<RouteBody[]> {
  const root = new URL('..', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.controller.ts'),
  );
  const loaded = await Promise.all(
    files.map((file) => import(new URL(file, root).pathname) as Promise<Record<string, unknown>>),
  );
  return loaded
    .flatMap((module) => Object.values(module))
    .filter((value): value is BodyClass => typeof value === 'function')
    .flatMap((controller) =>
      Object.getOwnPropertyNames(controller.prototype).flatMap((method) => {
        const used = (Reflect.getMetadata(ROUTE_ARGUMENTS, controller, method) ?? {}) as Record<
          string,
          { index: number }
        >;
        const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) as BodyClass[];
        return Object.entries(used)
          .filter(([key]) => BODY_ARGUMENT.test(key))
          .map(([, { index }]) => ({ route: `${controller.name}.${method}`, type: types[index]! }));
      }),
    );
}

const bodies = await routeBodies();
const types = [...new Set([SampleDto, ...bodies.map(({ type }) => type)])].filter(
  (type) => bodySchemaOf(type) !== undefined,
);

const pipe = validationPipe();
type Outcome = { taken: unknown } | { refused: unknown };

/** As a body, with the compiled validator; as a query, without it. */
async function outcomeOf(type: 'body' | 'query', metatype: BodyClass, value: unknown): Promise<Outcome> {
  try {
    return { taken: await pipe.transform(structuredClone(value), { type, metatype, data: 'body' }) };
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'invalid-request') return { refused: error.details.errors };
    throw error;
  }
}

// What a schema takes.

const FORMATS: Record<string, fc.Arbitrary<string | number>> = {
  'plain-line': fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.array(fc.constantFrom('Oak', 'Núñez', 'Иванов', '田中', 'محمد', '👩🏽‍💻', '−5 €')).map((words) => words.join(' ')),
  ),
  'plain-text': fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('a\n\tb')),
  'time-zone': fc.constantFrom('Europe/London', 'us/pacific', 'ETC/GMT+5', 'EST'),
  locale: fc.constantFrom('en', 'EN-gb', 'zh-hant-tw', 'iw'),
  country: fc.constantFrom('GB', 'XK'),
  'real-time': fc
    .tuple(
      fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      fc.constantFrom('Z', 'z', '.123456789+05:30', '-14:00'),
    )
    .map(([date, end]) => date.toISOString().slice(0, 19) + end),
};

function validText({ format, matches, minLength = 0, maxLength = Infinity }: any): fc.Arbitrary<unknown> {
  const unicode = matches?.flags.includes('u');
  const texts = format
    ? FORMATS[format]!
    : matches && !unicode
      ? fc.stringMatching(matches)
      : fc.string({ unit: 'grapheme', minLength });
  const check = bodyCheckOf({ format, matches });
  return texts
    .map((text) => Array.from(String(text)).slice(0, maxLength).join(''))
    .filter((text) => text.length >= minLength && check(text));
}

/** Only a filter for what the generator makes: none of it is what the test is about. */
function bodyCheckOf({ format, matches }: any): (text: string) => boolean {
  return (text) =>
    (!matches || (matches as RegExp).test(text)) &&
    (format !== 'plain-line' || isPlainLine(text)) &&
    (format !== 'plain-text' ||
      (text.trim() !== '' && /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u.test(text.replace(/\u200d/g, ''))));
}

const anyJson = fc.constantFrom<unknown>(
  'x',
  { holder: 'x', lines: ['y', { z: null }, [[]]] },
  [1],
  1.5,
  0,
  false,
  {},
  [],
);

function validFor(schema: any): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.copiesWhole)
    return schema.type === 'object'
      ? fc.dictionary(fc.stringMatching(/^[a-z]{0,3}$/), anyJson, { maxKeys: 3 })
      : anyJson;
  switch (schema.type) {
    case 'string':
      return validText(schema);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum, max: Math.min(schema.maximum, 2 ** 31) });
    case 'number':
      return fc
        .integer({ min: Math.max(schema.minimum * 100, -(2 ** 31)), max: 2 ** 31 - 1 })
        .map((hundredths) => hundredths / 100);
    case 'array':
      return fc.array(validFor(schema.items), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems, Math.max(4, schema.minItems ?? 0)),
      });
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, validFor(property)])),
        { requiredKeys: schema.required },
      );
    default:
      throw new Error(`no values for ${JSON.stringify(schema)}`);
  }
}

// What is nearly that.

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'length',
  'name',
  'other',
  '',
];
const SCRAPS = [
  'BST',
  'UK',
  'en_GB',
  '\u0000',
  '\n',
  '\t',
  '\r',
  '\u007f',
  '\u2028',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\ufe0f',
  '\ufe0e',
  '❤\ufe0f',
  '😀',
  '😀\ufe0f',
  '👩‍👩‍👧',
  'e\u0301',
  ' ',
  '٣',
  '.',
  '-',
];
const TIMES = [
  '2026-02-30T00:00:00Z',
  '2024-02-29T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T23:59:60Z',
  '2026-01-31T00:00:00+15:00',
  '2026-01-31T00:00:00+14:59',
  '2026-01-31T00:00:00.1234567890Z',
  '2026-01-31T00:00:00',
  '2026-01-31',
];
const NUMBERS = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  -1,
  0.5,
  1.005,
  0.1 + 0.2,
  1e-7,
  1.5e-7,
  -0.01,
  99.999,
  1e12,
  1e12 + 0.01,
  1e21,
  1e300,
  2 ** 53,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
];
const hostile = fc.oneof(
  fc.constantFrom<unknown>(...NUMBERS),
  fc.constantFrom(...TIMES),
  fc.constantFrom(...SCRAPS),
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    false,
    '',
    '   ',
    '1',
    'true',
    'NaN',
    [],
    {},
    [[]],
    [{}],
    [null],
    [undefined],
    new Array(3),
    { 0: 'a', length: 1 },
    JSON.parse('{"__proto__":{"a":1}}'),
    JSON.parse('{"constructor":1}'),
    JSON.parse('{"prototype":1}'),
    { a: { prototype: 1 } },
    { a: [{ toString: 1 }] },
  ),
  fc
    .tuple(fc.constantFrom(...SCRAPS, 'a'), fc.integer({ min: 1, max: 90 }))
    .map(([scrap, times]) => scrap.repeat(times)),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.jsonValue({ maxDepth: 2 }),
);

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [
    { holder: value as Place['holder'], key },
    ...placesIn((value as Place['holder'])[key]),
  ]);
}

const define = (holder: object, key: string, value: unknown): unknown =>
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });

const CHANGES: ((place: Place, value: unknown, scrap: string, name: string) => void)[] = [
  ({ holder, key }, value) => define(holder, key, value),
  ({ holder }, value, _scrap, name) => {
    if (!Array.isArray(holder)) define(holder, name, value);
  },
  ({ holder, key }) => delete holder[key],
  ({ holder, key }) => define(holder, key, [holder[key]]),
  ({ holder, key }) => define(holder, key, { ...Object(holder[key]) }),
  ({ holder, key }) => define(holder, key, JSON.stringify(holder[key])),
  ({ holder, key }, value) => {
    if (Array.isArray(holder[key])) holder[key].push(value, ...holder[key]);
  },
  ({ holder, key }, _value, scrap) => {
    if (typeof holder[key] === 'string') define(holder, key, `${holder[key]}${scrap}`);
  },
  ({ holder, key }, _value, scrap) => {
    if (typeof holder[key] === 'string') define(holder, key, `${holder[key].slice(0, -1)}${scrap}`);
  },
  ({ holder, key }) => {
    if (typeof holder[key] === 'string') define(holder, key, holder[key].repeat(30));
  },
  ({ holder, key }, _value, scrap) => {
    if (typeof holder[key] === 'number') define(holder, key, holder[key] + scrap.length * 0.001);
  },
  ({ holder, key }) => {
    if (typeof holder[key] === 'number') define(holder, key, -holder[key]);
  },
];

const change = fc.record({
  at: fc.nat(),
  how: fc.constantFrom(...CHANGES),
  value: hostile,
  scrap: fc.constantFrom(...SCRAPS),
  name: fc.constantFrom(...NAMES),
});

function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 3 })).map(([body, changes]) => {
        const root = { body: structuredClone(body) };
        for (const { at, how, value, scrap, name } of changes) {
          const places = placesIn(root);
          // One of its own, since what is put into itself has no end.
          how(places[at % places.length]!, structuredClone(value), scrap, name);
          if (!('body' in root)) break;
        }
        return root.body;
      }),
    },
    { weight: 1, arbitrary: hostile },
  );
}

describe('the compiled validator of a body', () => {
  it('stands before every route that takes a body, but for those that are listed', () => {
    expect(bodies.length).toBeGreaterThan(20);
    const without = bodies.filter(({ type }) => bodyReaderOf(type) === undefined).map(({ route }) => route);
    expect(without).toEqual(Object.keys(NOT_COMPILED));
  });

  it.each(types)('takes what is right: %o', async (type) => {
    const read = bodyReaderOf(type)!;
    await fc.assert(
      fc.asyncProperty(validFor(bodySchemaOf(type)), async (body) => {
        const taken = read(structuredClone(body));
        expect(taken).toBeInstanceOf(type);
        expect(await outcomeOf('query', type, body)).toStrictEqual({ taken });
      }),
      { numRuns: 60 },
    );
  });

  it.each(types)(
    'takes nothing that class-validator refuses, and gives the same: %o',
    { timeout: 90_000 },
    async (type) => {
      const read = bodyReaderOf(type)!;
      await fc.assert(
        fc.asyncProperty(nearly(validFor(bodySchemaOf(type))), async (body) => {
          const validated = await outcomeOf('query', type, body);
          const taken = read(structuredClone(body));
          if (taken) expect({ taken }).toStrictEqual(validated);
          expect(await outcomeOf('body', type, body)).toStrictEqual(validated);
        }),
        { numRuns: type === SampleDto ? 4_000 : 250 },
      );
    },
  );

  it('is none for a class with a rule that it does not know', () => {
    class Foreign {
      @Text({ maxLength: 5, description }) @IsLowercase() text: string;
    }
    class Unknown {
      @Text({ maxLength: 5, description }) text: string;
      @IsLowercase() other: string;
    }
    class Twice extends SampleInnerDto {
      @Text({ maxLength: 3, description }) declare name: string;
    }
    class Holder {
      @Nested(() => Foreign, { description }) inner: Foreign;
    }
    class Endless {
      @Text({ maxLength: 5, description }) text: string;
      @Type(() => Endless) @Nested(() => Endless, { optional: true, description }) inner?: object;
    }
    class Empty {}
    for (const type of [Foreign, Unknown, Twice, Holder, Endless, Empty, Object, String])
      expect(bodyReaderOf(type), type.name).toBeUndefined();
  });

  it('takes an inherited field as one of its own', () => {
    class Extended extends SampleInnerDto {
      @Flag({ description }) flag: boolean;
    }
    expect(bodyReaderOf(Extended)!({ name: 'a', flag: true })).toStrictEqual(
      Object.assign(new Extended(), { name: 'a', flag: true }),
    );
    expect(bodyReaderOf(Extended)!({ flag: true })).toBeUndefined();
  });
});
