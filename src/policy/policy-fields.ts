/** What every field says of itself. */
interface Words {
  readonly description: string;
  readonly example?: unknown;
}

interface TextLimits {
  readonly maxLength: number;
}

interface ListLimits {
  readonly maxItems: number;
  readonly minItems?: number;
}

/** What a field may hold, of each kind that http/fields.ts has a decorator for. */
type Form =
  | { readonly kind: 'whole'; readonly options: Words & { readonly min: number; readonly max: number } }
  | { readonly kind: 'wholes'; readonly options: Words & Required<ListLimits> & { min: number; max: number } }
  | { readonly kind: 'text'; readonly options: Words & TextLimits }
  | { readonly kind: 'texts'; readonly options: Words & TextLimits & ListLimits & { readonly pattern?: RegExp } }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly options: Words & TextLimits & { says: string } }
  | { readonly kind: 'oneOf'; readonly values: readonly string[]; readonly options: Words }
  | { readonly kind: 'timeZone' | 'locale' | 'country'; readonly options: Words }
  | { readonly kind: 'record'; readonly schema: string; readonly fields: Fields; readonly options: Words }
  | {
      readonly kind: 'records';
      readonly schema: string;
      readonly fields: Fields;
      readonly options: Words & ListLimits;
    };

/** A field that holds a `Type`; pure description, of which policy.dto.ts makes decorators. */
export type Field<Type = unknown> = Form & { readonly holds?: Type };

/** A field of a record that may be left out. */
interface Optional<Type> {
  readonly optional: Field<Type>;
}

export type Fields = Readonly<Record<string, Field | Optional<unknown>>>;

/** What a tenant may set, and what holds where it is not set. */
export interface Value<Type> {
  readonly default: Type;
  readonly field: Field<Type>;
}

/** Values that are set together; each that is left out takes its default. */
export interface Section<Values> {
  /** Its name in the API's schema. */
  readonly schema: string;
  readonly description: string;
  readonly values: Values;
}

type RecordOf<Given> = {
  readonly [Name in keyof Given as Given[Name] extends Optional<unknown> ? never : Name]: Given[Name] extends {
    readonly holds?: infer Type;
  }
    ? Type
    : never;
} & {
  readonly [Name in keyof Given as Given[Name] extends Optional<unknown> ? Name : never]?: Given[Name] extends Optional<
    infer Type
  >
    ? Type
    : never;
};

/** A section, by the name of its schema in the API. */
export function section<Values>(schema: string, description: string, values: Values): Section<Values> {
  return { schema, description, values };
}

/** A value, with what holds where a tenant has not set it. */
export function value<Type>(byDefault: NoInfer<Type>, field: Field<Type>): Value<Type> {
  return { default: byDefault, field };
}

/** A field that a record may be without. */
export function optional<Type>(field: Field<Type>): Optional<Type> {
  return { optional: field };
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, description: string, example?: number): Field<number> {
  return { kind: 'whole', options: { min, max, description, example } };
}

export function wholes(options: Words & Required<ListLimits> & { min: number; max: number }): Field<readonly number[]> {
  return { kind: 'wholes', options };
}

export function text(options: Words & TextLimits): Field<string> {
  return { kind: 'text', options };
}

export function texts(options: Words & TextLimits & ListLimits & { pattern?: RegExp }): Field<readonly string[]> {
  return { kind: 'texts', options };
}

/** Some of a few names; whether one stands twice is checked later (policy-check.ts). */
export function names<Name extends string>(
  values: readonly Name[],
  options: Words & TextLimits & { minItems: number },
): Field<readonly Name[]> {
  const pattern = new RegExp(`^(${values.join('|')})$`);
  return { kind: 'texts', options: { ...options, maxItems: values.length, pattern } };
}

export function pattern(matches: RegExp, options: Words & TextLimits & { says: string }): Field<string> {
  return { kind: 'pattern', pattern: matches, options };
}

export function oneOf<Name extends string>(values: readonly Name[], options: Words): Field<Name> {
  return { kind: 'oneOf', values, options };
}

export function timeZone(options: Words): Field<string> {
  return { kind: 'timeZone', options };
}

export function locale(options: Words): Field<string> {
  return { kind: 'locale', options };
}

export function country(options: Words): Field<string> {
  return { kind: 'country', options };
}

export function record<Given extends Fields>(schema: string, fields: Given, options: Words): Field<RecordOf<Given>> {
  return { kind: 'record', schema, fields, options };
}

export function records<Given extends Fields>(
  schema: string,
  fields: Given,
  options: Words & ListLimits,
): Field<readonly RecordOf<Given>[]> {
  return { kind: 'records', schema, fields, options };
}
