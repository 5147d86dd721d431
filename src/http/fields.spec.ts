import 'reflect-metadata';
import type { ArgumentMetadata } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Amount,
  Country,
  Flag,
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
} from './fields.js';
import { Refusal } from '../refusals/refusal.js';
import { validationPipe } from './validation.js';

const description = 'A field.';

class InnerDto {
  @Text({ maxLength: 5, description }) name: string;
}

class SampleDto {
  @Text({ maxLength: 10, optional: true, description }) text?: string;
  @Text({ maxLength: 20, multiline: true, optional: true, description }) lines?: string;
  @Pattern(/^[a-z]+$/, { maxLength: 5, says: 'letters', optional: true, description }) letters?: string;
  @OneOf(['red', 'green'], { optional: true, description }) colour?: string;
  @Flag({ optional: true, description }) flag?: boolean;
  @Whole({ min: 1, max: 10, optional: true, description }) whole?: number;
  @Amount({ min: 0, max: 1_000, optional: true, description }) amount?: number;
  @Time({ optional: true, description }) time?: string;
  @TimeZone({ optional: true, description }) zone?: string;
  @Locale({ optional: true, description }) locale?: string;
  @Country({ optional: true, description }) country?: string;
  @Nested(() => InnerDto, { optional: true, description }) inner?: InnerDto;
  @NestedList(() => InnerDto, { maxItems: 2, optional: true, description }) list?: InnerDto[];
  @TextList({ maxItems: 2, maxLength: 5, optional: true, description }) texts?: string[];
  @JsonObject({ optional: true, description }) object?: object;
}

class RequiredDto {
  @Text({ maxLength: 10, description }) text: string;
}

const pipe = validationPipe();
const metadata: ArgumentMetadata = { type: 'body', metatype: SampleDto };

async function errorsOf(
  body: unknown,
  metatype: ArgumentMetadata['metatype'] = SampleDto,
): Promise<{ pointer: string; detail: string }[]> {
  try {
    await pipe.transform(structuredClone(body), { ...metadata, metatype });
    return [];
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'invalid-request') return [...error.details.errors!];
    throw error;
  }
}

const pointersOf = async (body: unknown): Promise<string[]> => [
  ...new Set((await errorsOf(body)).map(({ pointer }) => pointer)),
];

describe('a field', () => {
  it.each<[string, unknown]>([
    ['text', 'Amara'],
    ['text', 'Ærøskøbing'],
    ['text', 'a'.repeat(10)],
    ['text', '👋 hello'],
    ['text', 'الو'],
    ['lines', 'one\n\ttwo'],
    ['letters', 'abc'],
    ['colour', 'red'],
    ['flag', false],
    ['whole', 1],
    ['whole', 10],
    ['amount', 0],
    ['amount', 0.01],
    ['amount', 999.99],
    ['amount', 1_000],
    ['time', '2026-01-31T09:30:00Z'],
    ['time', '2026-01-31T09:30:00.123456789+05:30'],
    ['time', '2024-02-29T00:00:00Z'],
    ['time', '2026-01-31t09:30:00z'],
    ['zone', 'Europe/London'],
    ['zone', 'gb'],
    ['locale', 'en-gb'],
    ['locale', 'zh-Hant-TW'],
    ['country', 'GB'],
    ['inner', { name: 'a' }],
    ['list', []],
    ['list', [{ name: 'a' }, { name: 'b' }]],
    ['texts', []],
    ['texts', ['a', 'b']],
    ['object', {}],
    ['object', { any: ['thing'] }],
  ])('%s takes %o', async (name, value) => {
    expect(await errorsOf({ [name]: value })).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['text', ''],
    ['text', '   '],
    ['text', 'a'.repeat(11)],
    ['text', 7],
    ['text', null],
    ['text', ['a']],
    ['text', {}],
    ['text', 'a\nb'],
    ['text', 'a\tb'],
    ['text', 'a\u0000b'],
    ['text', 'a\u202eb'],
    ['text', 'a\u2066b'],
    ['text', '\ud800'],
    ['text', 'a\u2028b'],
    ['text', '\ufeffa'],
    ['lines', 'a\u0000b'],
    ['lines', 'a\u2028b'],
    ['letters', 'ABC'],
    ['letters', 'abcdef'],
    ['letters', 'ab\n'],
    ['colour', 'blue'],
    ['colour', 'toString'],
    ['colour', ['red']],
    ['flag', 'true'],
    ['flag', 0],
    ['flag', null],
    ['whole', 0],
    ['whole', 11],
    ['whole', 1.5],
    ['whole', '5'],
    ['whole', Number.MAX_VALUE],
    ['whole', null],
    ['amount', -0.01],
    ['amount', 1_000.01],
    ['amount', 1.005],
    ['amount', 1e-7],
    ['amount', 1.5e-7],
    ['amount', 1e21],
    ['amount', Infinity],
    ['amount', '1'],
    ['amount', null],
    ['time', '2026-01-31'],
    ['time', '2026-01-31T09:30:00'],
    ['time', '2026-02-30T00:00:00Z'],
    ['time', '2023-02-29T00:00:00Z'],
    ['time', '2026-13-01T00:00:00Z'],
    ['time', '2026-01-31T25:00:00Z'],
    ['time', '2026-01-31T09:30:00+99:00'],
    ['time', '2026-01-31 09:30:00Z'],
    ['time', 1769851800],
    ['time', 'tomorrow'],
    ['time', '2026-01-31T24:00:00Z'],
    ['time', ['2026-01-31T09:30:00Z']],
    ['zone', 'BST'],
    ['zone', '+01:00'],
    ['zone', ''],
    ['zone', null],
    ['locale', 'en_GB'],
    ['locale', 'english'],
    ['locale', ['en']],
    ['country', 'UK'],
    ['country', 'gb'],
    ['country', 'ZZ'],
    ['list', [[]]],
    ['list', [[{ name: 'a' }]]],
    ['list', [null]],
    ['list', ['a']],
    ['list', [{ name: 'a' }, []]],
    ['texts', [[]]],
    ['texts', [['a']]],
    ['inner', [[]]],
    ['inner', 'a'],
    ['inner', null],
    ['inner', []],
    ['list', {}],
    ['list', null],
    ['list', [{ name: 'a' }, { name: 'b' }, { name: 'c' }]],
    ['texts', 'a'],
    ['texts', [1]],
    ['texts', ['']],
    ['texts', ['abcdef']],
    ['texts', ['a', 'b', 'c']],
    ['texts', ['\u0000']],
    ['object', []],
    ['object', 'x'],
    ['object', null],
  ])('%s refuses %o', async (name, value) => {
    expect(await pointersOf({ [name]: value })).toContain(`#/${name}`);
  });

  it('may be left out where it is optional, and not where it is not', async () => {
    expect(await errorsOf({})).toEqual([]);
    expect(await errorsOf({ text: undefined })).toEqual([]);
    expect((await errorsOf({}, RequiredDto)).map(({ pointer }) => pointer)).toContain('#/text');
  });
});

describe('an error', () => {
  it('names a nested field by JSON pointer', async () => {
    expect(await pointersOf({ inner: { name: 7 } })).toEqual(['#/inner/name']);
    expect(await pointersOf({ list: [{ name: 'a' }, { name: '' }] })).toEqual(['#/list/1/name']);
  });

  it('names a field that is not one, at any depth', async () => {
    expect(await errorsOf({ colours: 'red' })).toEqual([
      { pointer: '#/colours', detail: 'is not a field of this request' },
    ]);
    expect(await errorsOf({ inner: { name: 'a', age: 7 } })).toEqual([
      { pointer: '#/inner/age', detail: 'is not a field of this request' },
    ]);
  });

  it('escapes a pointer (RFC 6901 §3)', async () => {
    expect(await pointersOf({ 'a/b~c': 1 })).toEqual(['#/a~1b~0c']);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'is given for a field called %s',
    async (name) => {
      expect(await errorsOf(JSON.parse(`{"${name}":1}`))).not.toEqual([]);
    },
  );

  it('says what must be, not what was', async () => {
    const errors = await errorsOf({ text: 'secret\u0000secret', letters: 'SECRET', whole: 'secret', colour: 'secret' });
    expect(JSON.stringify(errors)).not.toMatch(/secret/i);
  });

  it('comes with few others, however much is wrong', async () => {
    expect(
      (await errorsOf(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1])))).length,
    ).toBeLessThanOrEqual(20);
  });
});

describe('validation', () => {
  it('takes or refuses any JSON, and never breaks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(
            'text',
            'lines',
            'letters',
            'colour',
            'flag',
            'whole',
            'time',
            'inner',
            'list',
            'texts',
            'object',
            'other',
          ),
          fc.jsonValue({ maxDepth: 3 }),
        ),
        async (body) => {
          for (const { pointer, detail } of await errorsOf(body)) {
            expect(pointer).toMatch(/^#/);
            expect(detail).not.toBe('');
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves what it took as it was, and what a reader reads in the one form that it has', async () => {
    const read = { time: '2026-01-31t09:30:00+01:00', zone: 'europe/london', locale: 'zh-hant-tw', country: 'GB' };
    expect(await pipe.transform({ ...read }, metadata)).toEqual({
      time: '2026-01-31T08:30:00.000Z',
      zone: 'Europe/London',
      locale: 'zh-Hant-TW',
      country: 'GB',
    });
    const body = {
      text: ' a ',
      inner: { name: 'a' },
      list: [{ name: 'b' }],
      texts: ['a'],
      object: { deep: { er: [1] } },
    };
    expect(JSON.parse(JSON.stringify(await pipe.transform(structuredClone(body), metadata)))).toEqual(body);
  });
});
