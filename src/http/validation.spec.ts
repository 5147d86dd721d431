import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { Type } from 'class-transformer';
import { getMetadataStorage, IsLowercase } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BodyClass, bodyReaderOf } from './compiled-bodies.js';
import { isPresent, type RuleContext } from './field-checks.js';
import {
  COUNTRY,
  FLAG,
  HUNDREDTHS,
  INTEGER,
  LIST,
  LOCALE,
  LOCALE_OR_NULL,
  OBJECT,
  PLAIN_LINE,
  PLAIN_LINES,
  PLAIN_TEXT,
  type Rule,
  STRING,
  TIME,
  TIME_ZONE,
} from './field-rules.js';
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
  (type) => bodyReaderOf(type) !== undefined,
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

// What rules take.

const FORMATS = new Map<Rule['holds'], fc.Arbitrary<string>>([
  [
    PLAIN_LINE.holds,
    fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.array(fc.constantFrom('Oak', 'Núñez', 'Иванов', '田中', 'محمد', '👩🏽‍💻', '−5 €')).map((words) => words.join(' ')),
    ),
  ],
  [PLAIN_TEXT.holds, fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('a\n\tb'))],
  [TIME_ZONE.holds, fc.constantFrom('Europe/London', 'us/pacific', 'ETC/GMT+5', 'EST')],
  [LOCALE.holds, fc.constantFrom('en', 'EN-gb', 'zh-hant-tw', 'iw')],
  [COUNTRY.holds, fc.constantFrom('GB', 'XK')],
  [
    TIME.holds,
    fc
      .tuple(
        fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom('Z', 'z', '.123456789+05:30', '-14:00'),
      )
      .map(([date, end]) => date.toISOString().slice(0, 19) + end),
  ],
]);

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

const has = (rules: readonly Rule[], rule: Rule): boolean => rules.some(({ holds }) => holds === rule.holds);
const membersOf = (rules: readonly Rule[]): any => Object.assign({}, ...rules.map(({ members }) => members));

function validText(rules: readonly Rule[]): fc.Arbitrary<unknown> {
  const { pattern, minLength = 0, maxLength = Infinity } = membersOf(rules);
  const format = rules.map(({ holds }) => FORMATS.get(holds)).find((known) => known);
  const texts =
    format ??
    (pattern === undefined ? fc.string({ unit: 'grapheme', minLength }) : fc.stringMatching(new RegExp(pattern)));
  return texts
    .map((text) => Array.from(text).slice(0, maxLength).join(''))
    .filter((text) => rules.every(({ holds }) => holds(text)));
}

function validValue(rules: readonly Rule[]): fc.Arbitrary<unknown> {
  const { enum: values, minimum, maximum } = membersOf(rules);
  if (values) return fc.constantFrom(...values);
  if (has(rules, LOCALE_OR_NULL)) return fc.option(FORMATS.get(LOCALE.holds)!);
  if (has(rules, STRING)) return validText(rules);
  if (has(rules, FLAG)) return fc.boolean();
  if (has(rules, INTEGER)) return fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31) });
  if (has(rules, HUNDREDTHS))
    return fc.integer({ min: Math.max(minimum * 100, -(2 ** 31)), max: 2 ** 31 - 1 }).map((number) => number / 100);
  if (has(rules, OBJECT)) return fc.dictionary(fc.stringMatching(/^[a-z]{0,3}$/), anyJson, { maxKeys: 3 });
  return anyJson;
}

interface PlacedIn {
  readonly each: boolean;
  readonly rule: Rule;
}

function validField(placed: readonly PlacedIn[]): fc.Arbitrary<unknown> {
  const whole = placed.flatMap(({ each, rule }) => (each ? [] : [rule]));
  const ofEach = placed.flatMap(({ each, rule }) => (each ? [rule] : []));
  const nested = placed.find(({ rule }) => rule.nested)?.rule.nested;
  const one = nested
    ? validBody(nested())
    : validValue(has(whole, LIST) ? [...ofEach, ...(has(whole, PLAIN_LINES) ? [PLAIN_LINE] : [])] : whole);
  if (!has(whole, LIST)) return one;
  const { minItems = 0, maxItems } = membersOf(whole);
  return fc.array(one, { minLength: minItems, maxLength: Math.min(maxItems, Math.max(4, minItems)) });
}

/** Bodies that every rule of their class takes, by what class-validator keeps of it. */
function validBody(type: BodyClass): fc.Arbitrary<object> {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const isCondition = ({ constraints }: (typeof metadata)[number]): boolean => constraints?.[0] === isPresent;
  const fields = getMetadataStorage().groupByPropertyName(metadata);
  return fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, rules]) => [
        name,
        validField(
          rules
            .filter((rule) => !isCondition(rule))
            .map(({ each, context }) => ({ each, rule: (context as RuleContext).rule })),
        ),
      ]),
    ),
    { requiredKeys: Object.keys(fields).filter((name) => !fields[name]!.some(isCondition)) },
  );
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
      fc.asyncProperty(validBody(type), async (body) => {
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
        fc.asyncProperty(nearly(validBody(type)), async (body) => {
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
    class Holder {
      @Nested(() => Foreign, { description }) inner: Foreign;
    }
    class Endless {
      @Text({ maxLength: 5, description }) text: string;
      @Type(() => Endless) @Nested(() => Endless, { optional: true, description }) inner?: object;
    }
    class Empty {}
    for (const type of [Foreign, Unknown, Holder, Endless, Empty, Object, String])
      expect(bodyReaderOf(type), type.name).toBeUndefined();
  });

  it('takes a field that is declared anew as class-validator does: by its own rules alone', async () => {
    class Shorter extends SampleInnerDto {
      @Text({ maxLength: 3, description }) declare name: string;
    }
    class Longer extends SampleInnerDto {
      @Text({ maxLength: 9, description }) declare name: string;
    }
    for (const [type, name, taken] of [
      [Shorter, 'abc', true],
      [Shorter, 'abcd', false],
      [Longer, 'abcdef', true],
      [SampleInnerDto, 'abcdef', false],
    ] as const) {
      expect(bodyReaderOf(type)!({ name }) !== undefined, `${type.name} ${name}`).toBe(taken);
      expect('taken' in (await outcomeOf('query', type, { name })), `${type.name} ${name}`).toBe(taken);
    }
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
