import {
  Country,
  Locale,
  Nested,
  NestedList,
  OneOf,
  Pattern,
  Text,
  TextList,
  TimeZone,
  Whole,
  WholeList,
} from '../http/fields.js';
import type { PolicyDocument } from './policy.js';
import type { Field, Fields, Section, Value } from './policy-fields.js';
import { POLICY } from './policy-table.js';

type DtoClass = new () => object;

/**
 * A class of that name, with the decorators of http/fields.ts on each field: what `@Whole(…) lifetimeSeconds?: number` would
 * declare by hand, as Nest itself does in PartialType and its like.
 */
function dtoOf(schema: string, decorators: Readonly<Record<string, PropertyDecorator>>): DtoClass {
  const made = { [schema]: class {} }[schema]!;
  for (const [name, decorate] of Object.entries(decorators)) decorate(made.prototype as object, name);
  return made;
}

function mapped<From, To>(from: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]));
}

function decorated(field: Field, omissible: { optional?: true; example?: unknown }): PropertyDecorator {
  const more = field.options.example === undefined ? omissible : { ...omissible, example: field.options.example };
  switch (field.kind) {
    case 'whole':
      return Whole({ ...field.options, ...more });
    case 'wholes':
      return WholeList({ ...field.options, ...more });
    case 'text':
      return Text({ ...field.options, ...more });
    case 'texts':
      return TextList({ ...field.options, ...more });
    case 'pattern':
      return Pattern(field.pattern, { ...field.options, ...more });
    case 'oneOf':
      return OneOf(field.values, { ...field.options, ...more });
    case 'timeZone':
      return TimeZone({ ...field.options, ...more });
    case 'locale':
      return Locale({ ...field.options, ...more });
    case 'country':
      return Country({ ...field.options, ...more });
    case 'record': {
      const type = recordOf(field.schema, field.fields);
      return Nested(() => type, { ...field.options, ...more, example: undefined });
    }
    case 'records': {
      const type = recordOf(field.schema, field.fields);
      return NestedList(() => type, { ...field.options, ...more, example: undefined });
    }
  }
}

function recordOf(schema: string, fields: Fields): DtoClass {
  return dtoOf(
    schema,
    mapped(fields, (field) =>
      'optional' in field ? decorated(field.optional, { optional: true }) : decorated(field, {}),
    ),
  );
}

/** A value may be left out; its default is its example, where it has no other. */
function decoratedValue({ field, default: byDefault }: Value<unknown>): PropertyDecorator {
  return decorated(field, { optional: true, example: byDefault });
}

function decoratedSection({ schema, description, values }: Section<Record<string, Value<unknown>>>): PropertyDecorator {
  const type = dtoOf(schema, mapped(values, decoratedValue));
  return Nested(() => type, { optional: true, description });
}

const Declared = dtoOf(
  'DeclaredPolicy',
  mapped<Value<unknown> | Section<Record<string, Value<unknown>>>, PropertyDecorator>(POLICY, (declared) =>
    'values' in declared ? decoratedSection(declared) : decoratedValue(declared),
  ),
) as new () => PolicyDocument;

/** The body of PUT: what is left out takes its default. */
export class PolicyDocumentDto extends Declared {}
