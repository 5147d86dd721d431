import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsString, Matches, Max, MaxLength, Min, MinLength,
  registerDecorator, ValidateIf, ValidateNested,
} from 'class-validator';

/** Fields of requests and answers: each decorator says once, for validation and for OpenAPI alike, what a field may hold. */
interface FieldOptions {
  readonly description: string;
  readonly optional?: boolean;
  readonly nullable?: boolean;
  readonly example?: unknown;
}

type Decorator = PropertyDecorator;

function field(options: FieldOptions, api: ApiPropertyOptions, rules: Decorator[]): Decorator {
  const { description, optional = false, nullable = false, example } = options;
  const documented = ApiProperty({ ...api, description, required: !optional, ...(nullable ? { nullable } : {}), ...(example === undefined ? {} : { example }) } as ApiPropertyOptions);
  return applyDecorators(documented, ...(optional ? [IsPresentOrOmitted()] : []), ...rules);
}

/** Optional means "may be left out"; an explicit null is not the same and is refused by the rules that follow. */
function IsPresentOrOmitted(): Decorator {
  return ValidateIf((_object, value) => value !== undefined);
}

// Control characters other than tab and line feed, line and paragraph separators, bidirectional overrides and isolates:
// none has a place in a line of text, and the last can make a name read as another.
// eslint-disable-next-line no-control-regex -- it is there to refuse them
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

function IsPlainText(multiline: boolean): Decorator {
  return (target, property) => registerDecorator({
    name: 'isPlainText', target: target.constructor, propertyName: property as string,
    validator: {
      validate: (value: unknown) => typeof value !== 'string' || (value.isWellFormed() && !UNPRINTABLE.test(value) && (multiline || !/[\n\t]/.test(value)) && value.trim() !== ''),
      defaultMessage: () => 'plain text: not blank, without control characters, direction overrides or unpaired surrogates',
    },
  });
}

export function Text(options: FieldOptions & { maxLength: number; minLength?: number; multiline?: boolean }): Decorator {
  const { maxLength, minLength = 1, multiline = false } = options;
  return field(options, { type: 'string', minLength, maxLength }, [IsString(), MinLength(minLength), MaxLength(maxLength), IsPlainText(multiline)]);
}

/** What somebody else wrote, such as a fraudster's message: taken as it came, in any script, with whatever is hidden in it. */
export function ForeignText(options: FieldOptions & { maxLength: number }): Decorator {
  return field(options, { type: 'string', minLength: 1, maxLength: options.maxLength }, [IsString(), MinLength(1), MaxLength(options.maxLength)]);
}

/** The same, several times. */
export function ForeignTextList(options: FieldOptions & { maxItems: number; maxLength: number }): Decorator {
  const each = { each: true } as const;
  return field(options, { type: 'array', items: { type: 'string', maxLength: options.maxLength }, maxItems: options.maxItems }, [IsArray(), ArrayMaxSize(options.maxItems), IsString(each), MaxLength(options.maxLength, each)]);
}

export function Pattern(pattern: RegExp, options: FieldOptions & { maxLength: number; says: string }): Decorator {
  return field(options, { type: 'string', pattern: pattern.source, maxLength: options.maxLength }, [IsString(), MaxLength(options.maxLength), Matches(pattern, { message: options.says })]);
}

export function OneOf(values: readonly string[], options: FieldOptions): Decorator {
  return field(options, { type: 'string', enum: [...values] }, [IsIn(values)]);
}

export function Flag(options: FieldOptions): Decorator {
  return field(options, { type: 'boolean' }, [IsBoolean()]);
}

export function Whole(options: FieldOptions & { min: number; max: number }): Decorator {
  return field(options, { type: 'integer', minimum: options.min, maximum: options.max }, [IsInt(), Min(options.min), Max(options.max)]);
}

/** A number with at most two decimals, such as an amount of money. */
export function Amount(options: FieldOptions & { min: number; max: number }): Decorator {
  return field(options, { type: 'number', minimum: options.min, maximum: options.max }, [IsOfHundredths(), Min(options.min), Max(options.max)]);
}

/** class-validator's own rule fails on a number that is written with an exponent alone, such as 1e-7. */
function IsOfHundredths(): Decorator {
  return (target, property) => registerDecorator({
    name: 'isNumber', target: target.constructor, propertyName: property as string,
    validator: { validate: (value: unknown) => typeof value === 'number' && hasTwoDecimals(value), defaultMessage: () => '$property must be a number conforming to the specified constraints' },
  });
}

function hasTwoDecimals(value: number): boolean {
  return Number.isInteger(value) || /^-?\d+\.\d{1,2}$/.test(String(value));
}

/** RFC 3339 with an offset; the value stays the text that was sent. */
export function Time(options: FieldOptions): Decorator {
  const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  return field(options, { type: 'string', format: 'date-time' }, [IsString(), MaxLength(40), Matches(rfc3339, { message: 'an RFC 3339 time such as 2026-01-31T09:30:00Z' }), IsRealTime()]);
}

function IsRealTime(): Decorator {
  return (target, property) => registerDecorator({
    name: 'isRealTime', target: target.constructor, propertyName: property as string,
    validator: { validate: (value: unknown) => typeof value === 'string' && isRealTime(value), defaultMessage: () => 'a time that exists' },
  });
}

/** A day that its month has (`Date` reads 30 February as 2 March) and an offset that some place on earth has; PostgreSQL knows no other. */
function isRealTime(text: string): boolean {
  const [, year, month, day, offset = '00'] = /^(\d{4})-(\d\d)-(\d\d)T.*?(?:[+-](\d\d):\d\d)?$/.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return Number(year) > 0 && date.getUTCDate() === Number(day) && Number(offset) <= 14 && !Number.isNaN(Date.parse(text));
}

/** @nestjs/swagger tells a function that gives a class from the class itself by its name, which has to be `type`. */
function lazily(given: () => new () => object): () => new () => object {
  const named = { type: () => given() };
  return named.type;
}

export function Nested(type: () => new () => object, options: FieldOptions): Decorator {
  return applyDecorators(
    field(options, { type: lazily(type) }, [IsObject(), ValidateNested()]),
    Type(type),
  );
}

export function NestedList(type: () => new () => object, options: FieldOptions & { maxItems: number; minItems?: number }): Decorator {
  return applyDecorators(
    field(options, { type: lazily(type), isArray: true, maxItems: options.maxItems, minItems: options.minItems ?? 0 }, [IsArray(), ArrayMinSize(options.minItems ?? 0), ArrayMaxSize(options.maxItems), ValidateNested({ each: true })]),
    Type(type),
  );
}

export function TextList(options: FieldOptions & { maxItems: number; minItems?: number; maxLength: number; pattern?: RegExp }): Decorator {
  const each = { each: true } as const;
  const pattern = options.pattern ?? /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;
  return field(options, { type: 'array', items: { type: 'string', maxLength: options.maxLength, ...(options.pattern ? { pattern: options.pattern.source } : {}) }, maxItems: options.maxItems, minItems: options.minItems ?? 0 }, [
    IsArray(), ArrayMinSize(options.minItems ?? 0), ArrayMaxSize(options.maxItems), IsString(each), MinLength(1, each), MaxLength(options.maxLength, each), Matches(pattern, { ...each, message: 'each is plain text in the form that the API describes' }),
  ]);
}

export function WholeList(options: FieldOptions & { min: number; max: number; minItems: number; maxItems: number }): Decorator {
  const each = { each: true } as const;
  return field(options, { type: 'array', items: { type: 'integer', minimum: options.min, maximum: options.max }, minItems: options.minItems, maxItems: options.maxItems }, [
    IsArray(), ArrayMinSize(options.minItems), ArrayMaxSize(options.maxItems), IsInt(each), Min(options.min, each), Max(options.max, each),
  ]);
}

/** A free-form JSON object whose shape something else checks (a JWK, a display). */
export function JsonObject(options: FieldOptions): Decorator {
  return field(options, { type: 'object', additionalProperties: true }, [IsObject()]);
}

// What only answers hold: documented, never validated.

/** A field of an answer. `schema` is OpenAPI's. */
export function Answer(schema: ApiPropertyOptions): Decorator {
  return ApiProperty(schema);
}
