import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { ArePlainLines, IsOfHundredths, IsPlainText, IsPresentOrOmitted, IsReadable } from './field-checks.js';
import { READ_AS } from './field-rules.js';
import { type CheckedShape, keepShape, type NestedShape } from './field-shapes.js';

/**
 * Fields of requests and answers: each decorator says in one place, for OpenAPI, for the compiled validator of bodies and
 * for class-validator, what a field may hold. What the compiled one takes the other has to take too; validation.spec.ts
 * holds them against each other.
 */
interface FieldOptions {
  readonly description: string;
  readonly optional?: boolean;
  readonly nullable?: boolean;
  readonly example?: unknown;
}

type Decorator = PropertyDecorator;

function field(
  options: FieldOptions,
  api: ApiPropertyOptions,
  checked: CheckedShape,
  rules: Decorator[],
  nested?: NestedShape,
): Decorator {
  const { description, optional = false, nullable = false, example } = options;
  const documented = ApiProperty({
    ...api,
    description,
    required: !optional,
    ...(nullable ? { nullable } : {}),
    ...(example === undefined ? {} : { example }),
  } as ApiPropertyOptions);
  const all = [...(optional ? [IsPresentOrOmitted()] : []), ...rules];
  return applyDecorators(documented, keepShape({ checked, optional, rules: all.length, nested }), ...all);
}

/** Text for people, in one line unless it is `multiline`: a line looks like what it is (docs/decisions/0073). */
export function Text(options: FieldOptions & { maxLength: number; multiline?: boolean }): Decorator {
  const { maxLength, multiline = false } = options;
  const text = { type: 'string', minLength: 1, maxLength } as const;
  return field(options, text, { ...text, format: multiline ? 'plain-text' : 'plain-line' }, [
    IsString(),
    MinLength(1),
    MaxLength(maxLength),
    IsPlainText(multiline),
  ]);
}

/** What somebody else wrote, such as a fraudster's message: taken as it came, in any script, with whatever is hidden in it. */
export function ForeignText(options: FieldOptions & { maxLength: number; minLength?: number }): Decorator {
  const { maxLength, minLength = 1 } = options;
  const text = { type: 'string', minLength, maxLength } as const;
  return field(options, text, text, [IsString(), MinLength(minLength), MaxLength(maxLength)]);
}

/** The same, several times. */
export function ForeignTextList(options: FieldOptions & { maxItems: number; maxLength: number }): Decorator {
  const each = { each: true } as const;
  const list = {
    type: 'array',
    items: { type: 'string', maxLength: options.maxLength },
    maxItems: options.maxItems,
  } as const;
  return field(options, list, list, [
    IsArray(),
    ArrayMaxSize(options.maxItems),
    IsString(each),
    MaxLength(options.maxLength, each),
  ]);
}

export function Pattern(pattern: RegExp, options: FieldOptions & { maxLength: number; says: string }): Decorator {
  const { maxLength } = options;
  return field(
    options,
    { type: 'string', pattern: pattern.source, maxLength },
    { type: 'string', maxLength, matches: pattern },
    [IsString(), MaxLength(maxLength), Matches(pattern, { message: options.says })],
  );
}

export function OneOf(values: readonly string[], options: FieldOptions): Decorator {
  const choice = { type: 'string', enum: [...values] } as const;
  return field(options, choice, choice, [IsIn(values)]);
}

export function Flag(options: FieldOptions): Decorator {
  return field(options, { type: 'boolean' }, { type: 'boolean' }, [IsBoolean()]);
}

export function Whole(options: FieldOptions & { min: number; max: number }): Decorator {
  const whole = { type: 'integer', minimum: options.min, maximum: options.max } as const;
  return field(options, whole, whole, [IsInt(), Min(options.min), Max(options.max)]);
}

/** A number with at most two decimals, such as an amount of money. */
export function Amount(options: FieldOptions & { min: number; max: number }): Decorator {
  const number = { type: 'number', minimum: options.min, maximum: options.max } as const;
  return field(options, number, { ...number, format: 'hundredths' }, [
    IsOfHundredths(),
    Min(options.min),
    Max(options.max),
  ]);
}

/** RFC 3339 with an offset; the value is the same moment in UTC, with milliseconds. */
export function Time(options: FieldOptions): Decorator {
  const says = 'must be an RFC 3339 time that exists, such as 2026-01-31T09:30:00Z, from 1900 to 9999';
  return readAs('real-time', { ...options, maxLength: 40, says }, { type: 'string', format: 'date-time' });
}

/** A language tag (RFC 5646), in any case; the value is its canonical form. */
export function Locale(options: FieldOptions): Decorator {
  const says = 'must be a locale such as en or cy-GB (BCP 47)';
  return readAs(
    'locale',
    { ...options, maxLength: 35, says },
    { type: 'string', pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$', maxLength: 35 },
  );
}

/** An IANA time zone, in any case; the value is spelt as IANA does. */
export function TimeZone(options: FieldOptions): Decorator {
  const says = 'must be an IANA time zone such as Europe/London';
  return readAs(
    'time-zone',
    { ...options, maxLength: 64, says },
    { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_+/-]+$', maxLength: 64 },
  );
}

/** A country by its ISO 3166-1 alpha-2 code. */
export function Country(options: FieldOptions): Decorator {
  const says = 'must be an ISO 3166-1 alpha-2 code such as GB';
  return readAs('country', { ...options, maxLength: 2, says }, { type: 'string', pattern: '^[A-Z]{2}$', maxLength: 2 });
}

/** A text that is kept in the one form that its reader gives it. */
function readAs(
  format: keyof typeof READ_AS,
  options: FieldOptions & { maxLength: number; says: string },
  api: ApiPropertyOptions,
): Decorator {
  const { maxLength, says } = options;
  const read = (text: unknown): string | null =>
    typeof text === 'string' && text.length <= maxLength ? READ_AS[format](text) : null;
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => read(value) ?? value),
    field(options, api, { type: 'string', maxLength, format }, [
      IsString(),
      MaxLength(maxLength),
      IsReadable(read, says),
    ]),
  );
}

/** @nestjs/swagger tells a function that gives a class from the class itself by its name, which has to be `type`. */
function lazily(given: () => new () => object): () => new () => object {
  const named = { type: () => given() };
  return named.type;
}

export function Nested(type: () => new () => object, options: FieldOptions): Decorator {
  return applyDecorators(
    field(options, { type: lazily(type) }, {}, [IsObject(), ValidateNested()], { type, list: false }),
    Type(type),
  );
}

/** Objects of one kind. Of a list in the list, `ValidateNested` alone would validate what is in that. */
export function NestedList(
  type: () => new () => object,
  options: FieldOptions & { maxItems: number; minItems?: number },
): Decorator {
  const { maxItems, minItems = 0 } = options;
  return applyDecorators(
    field(
      options,
      { type: lazily(type), isArray: true, maxItems, minItems },
      { type: 'array', maxItems, minItems },
      [
        IsArray(),
        ArrayMinSize(minItems),
        ArrayMaxSize(maxItems),
        IsObject({ each: true }),
        ValidateNested({ each: true }),
      ],
      { type, list: true },
    ),
    Type(type),
  );
}

/** Texts in one line each, of a pattern or as in `Text`. */
export function TextList(
  options: FieldOptions & { maxItems: number; minItems?: number; maxLength: number; pattern?: RegExp },
): Decorator {
  const each = { each: true } as const;
  const { maxItems, minItems = 0, maxLength, pattern } = options;
  const text = { type: 'string', maxLength } as const;
  const documented = { ...text, ...(pattern ? { pattern: pattern.source } : {}) };
  const items = { ...text, minLength: 1, ...(pattern ? { matches: pattern } : { format: 'plain-line' }) };
  return field(
    options,
    { type: 'array', items: documented, maxItems, minItems },
    { type: 'array', items, maxItems, minItems },
    [
      IsArray(),
      ArrayMinSize(minItems),
      ArrayMaxSize(maxItems),
      IsString(each),
      MinLength(1, each),
      MaxLength(maxLength, each),
      pattern
        ? Matches(pattern, { ...each, message: 'each is plain text in the form that the API describes' })
        : ArePlainLines(),
    ],
  );
}

export function WholeList(
  options: FieldOptions & { min: number; max: number; minItems: number; maxItems: number },
): Decorator {
  const each = { each: true } as const;
  const list = {
    type: 'array',
    items: { type: 'integer', minimum: options.min, maximum: options.max },
    minItems: options.minItems,
    maxItems: options.maxItems,
  } as const;
  return field(options, list, list, [
    IsArray(),
    ArrayMinSize(options.minItems),
    ArrayMaxSize(options.maxItems),
    IsInt(each),
    Min(options.min, each),
    Max(options.max, each),
  ]);
}

/** A free-form JSON object whose shape something else checks (a JWK, a display). */
export function JsonObject(options: FieldOptions): Decorator {
  return field(options, { type: 'object', additionalProperties: true }, { type: 'object', copiesWhole: true }, [
    IsObject(),
  ]);
}

/** Any JSON, whose form depends on another field and is checked later; `schema` is what OpenAPI says of it. */
export function CheckedLater(schema: Readonly<Record<string, unknown>>, options: FieldOptions): Decorator {
  const api = schema as unknown as ApiPropertyOptions;
  return options.optional
    ? field(options, api, { copiesWhole: true }, [])
    : field(options, api, { copiesWhole: true, not: { type: 'null' } }, [IsDefined({ message: 'must be given' })]);
}

// What only answers hold: documented, never validated.

/** A field of an answer. `schema` is OpenAPI's. */
export function ReplyField(schema: ApiPropertyOptions): Decorator {
  return ApiProperty(schema);
}
