import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { decoratorOf, IsPresentOrOmitted } from './field-checks.js';
import {
  among,
  COUNTRY,
  each,
  fitting,
  FLAG,
  from,
  GIVEN,
  HUNDREDTHS,
  INTEGER,
  itemsFrom,
  itemsTo,
  LIST,
  LOCALE,
  LOCALE_OR_NULL,
  longest,
  mergedMembers,
  nestedIn,
  OBJECT,
  PLAIN_LINE,
  PLAIN_LINES,
  PLAIN_TEXT,
  type PlacedRule,
  type Readable,
  shortest,
  STRING,
  TEAM,
  TIME,
  TIME_ZONE,
  to,
} from './field-rules.js';

/**
 * Fields of requests and answers. What a field may hold is declared once, as rules (field-rules.ts), of which a decorator
 * gives class-validator what to check and say, and OpenAPI its members. Whether a body is taken at once (compiled-bodies.ts)
 * is asked of the same rules, where class-validator keeps them.
 */
interface FieldOptions {
  readonly description: string;
  readonly optional?: boolean;
  readonly nullable?: boolean;
  readonly example?: unknown;
}

type Decorator = PropertyDecorator;

/** A field of these rules. `more` is what OpenAPI says that follows from none of them. */
function field(
  options: FieldOptions,
  rules: readonly PlacedRule[],
  more: Readonly<Record<string, unknown>> = {},
): Decorator {
  const { description, optional = false, nullable = false, example } = options;
  const documented = ApiProperty({
    ...mergedMembers(rules),
    ...more,
    description,
    required: !optional,
    ...(nullable ? { nullable } : {}),
    ...(example === undefined ? {} : { example }),
  } as ApiPropertyOptions);
  return applyDecorators(documented, ...(optional ? [IsPresentOrOmitted()] : []), ...rules.map(decoratorOf));
}

/** Text for people, in one line unless it is `multiline`: a line looks like what it is (docs/decisions/0073). */
export function Text(options: FieldOptions & { maxLength: number; multiline?: boolean }): Decorator {
  const { maxLength, multiline = false } = options;
  return field(options, [STRING, shortest(1), longest(maxLength), multiline ? PLAIN_TEXT : PLAIN_LINE]);
}

/** What somebody else wrote, such as a fraudster's message: taken as it came, in any script, with whatever is hidden in it. */
export function ForeignText(options: FieldOptions & { maxLength: number; minLength?: number }): Decorator {
  const { maxLength, minLength = 1 } = options;
  return field(options, [STRING, shortest(minLength), longest(maxLength)]);
}

/** The same, several times. */
export function ForeignTextList(options: FieldOptions & { maxItems: number; maxLength: number }): Decorator {
  return field(options, [LIST, itemsTo(options.maxItems), ...each(STRING, longest(options.maxLength))]);
}

export function Pattern(pattern: RegExp, options: FieldOptions & { maxLength: number; says: string }): Decorator {
  return field(options, [STRING, longest(options.maxLength), fitting(pattern, options.says)]);
}

export function OneOf(values: readonly string[], options: FieldOptions): Decorator {
  return field(options, [among(values)]);
}

export function Flag(options: FieldOptions): Decorator {
  return field(options, [FLAG]);
}

export function Whole(options: FieldOptions & { min: number; max: number }): Decorator {
  return field(options, [INTEGER, from(options.min), to(options.max)]);
}

/** A number with at most two decimals, such as an amount of money. */
export function Amount(options: FieldOptions & { min: number; max: number }): Decorator {
  return field(options, [HUNDREDTHS, from(options.min), to(options.max)]);
}

/** RFC 3339 with an offset; the value is the same moment in UTC, with milliseconds. */
export function Time(options: FieldOptions): Decorator {
  return readAs(TIME, options);
}

/** A language tag (RFC 5646), in any case; the value is its canonical form. */
export function Locale(options: FieldOptions): Decorator {
  return readAs(LOCALE, options);
}

/** The same, or null, which says that there is to be none any more. */
export function ClearableLocale(options: FieldOptions): Decorator {
  return readInto(LOCALE_OR_NULL, field({ ...options, nullable: true }, [LOCALE_OR_NULL]));
}

/** The name of a team, in one line; the value has no space too many (readers/team.ts). */
export function Team(options: FieldOptions): Decorator {
  return readInto(TEAM, field(options, [STRING, shortest(1), longest(TEAM.most), TEAM]));
}

/** An IANA time zone, in any case; the value is spelt as IANA does. */
export function TimeZone(options: FieldOptions): Decorator {
  return readAs(TIME_ZONE, options);
}

/** A country by its ISO 3166-1 alpha-2 code. */
export function Country(options: FieldOptions): Decorator {
  return readAs(COUNTRY, options);
}

/** A text that is kept in the one form that its reader gives it. */
function readAs(rule: Readable, options: FieldOptions): Decorator {
  return readInto(rule, field(options, [STRING, longest(rule.most), rule]));
}

function readInto(rule: Readable, declared: Decorator): Decorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => rule.read(value) ?? value),
    declared,
  );
}

/** @nestjs/swagger tells a function that gives a class from the class itself by its name, which has to be `type`. */
function lazily(given: () => new () => object): () => new () => object {
  const named = { type: () => given() };
  return named.type;
}

export function Nested(type: () => new () => object, options: FieldOptions): Decorator {
  return applyDecorators(field(options, [OBJECT, nestedIn(type)], { type: lazily(type) }), Type(type));
}

/** Objects of one kind. Of a list in the list, `ValidateNested` alone would validate what is in that. */
export function NestedList(
  type: () => new () => object,
  options: FieldOptions & { maxItems: number; minItems?: number },
): Decorator {
  const { maxItems, minItems = 0 } = options;
  const rules = [LIST, itemsFrom(minItems), itemsTo(maxItems), ...each(OBJECT, nestedIn(type))];
  return applyDecorators(field(options, rules, { type: lazily(type), isArray: true }), Type(type));
}

/** Texts in one line each, of a pattern or as in `Text`. */
export function TextList(
  options: FieldOptions & { maxItems: number; minItems?: number; maxLength: number; pattern?: RegExp },
): Decorator {
  const { maxItems, minItems = 0, maxLength, pattern } = options;
  return field(options, [
    LIST,
    itemsFrom(minItems),
    itemsTo(maxItems),
    ...each(STRING, shortest(1), longest(maxLength)),
    pattern
      ? { ...fitting(pattern, 'each is plain text in the form that the API describes'), each: true }
      : PLAIN_LINES,
  ]);
}

export function WholeList(
  options: FieldOptions & { min: number; max: number; minItems: number; maxItems: number },
): Decorator {
  return field(options, [
    LIST,
    itemsFrom(options.minItems),
    itemsTo(options.maxItems),
    ...each(INTEGER, from(options.min), to(options.max)),
  ]);
}

/** A free-form JSON object whose shape something else checks (a JWK, a display). */
export function JsonObject(options: FieldOptions): Decorator {
  return field(options, [OBJECT], { type: 'object', additionalProperties: true });
}

/** Any JSON, whose form depends on another field and is checked later; `schema` is what OpenAPI says of it. */
export function CheckedLater(schema: Readonly<Record<string, unknown>>, options: FieldOptions): Decorator {
  return field(options, options.optional ? [] : [GIVEN], schema);
}

// What only answers hold: documented, never validated.

/** A field of an answer. `schema` is OpenAPI's. */
export function ReplyField(schema: ApiPropertyOptions): Decorator {
  return ApiProperty(schema);
}
