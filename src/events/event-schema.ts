/** JSON Schema (2020-12) of a value in an event's data, as CloudEvents, webhooks and streams show it. */
export type ValueSchema = Readonly<Record<string, unknown>>;

/** The members of an event's data; one whose name ends with `?` may be left out. */
export type DataMembers = Readonly<Record<string, ValueSchema>>;

/** What an event's data may hold, besides `customerId` and `callId`, which follow from what it is about. */
export type DataSchema = ValueSchema & {
  readonly type: 'object';
  readonly required: readonly string[];
  readonly properties: DataMembers;
  readonly additionalProperties: false;
};

const typeId = (prefix: string): ValueSchema => ({ type: 'string', pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$` });

export const TEXT: ValueSchema = { type: 'string' };
export const FLAG: ValueSchema = { type: 'boolean' };
export const COUNT: ValueSchema = { type: 'integer', minimum: 0 };
export const SHARE: ValueSchema = { type: 'number', minimum: 0, maximum: 1 };
/** RFC 3339 in UTC, with milliseconds. */
export const TIME: ValueSchema = {
  type: 'string',
  format: 'date-time',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
};
export const REFERENCE: ValueSchema = { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$' };
/** SHA-256, in hexadecimal or base64url. */
export const HASH: ValueSchema = { type: 'string', minLength: 43, maxLength: 64 };
export const DEVICE_ID = typeId('dev');
export const VERDICT_ID = typeId('vdt');
export const CONTACT_POINTS: ValueSchema = { type: 'array', items: typeId('ctp') };
export const CONTACT_POINT = typeId('ctp');

export const oneOf = (...values: readonly string[]): ValueSchema => ({ type: 'string', enum: values });
export const listOf = (items: ValueSchema): ValueSchema => ({ type: 'array', items });
export const orNull = (schema: ValueSchema): ValueSchema => ({ anyOf: [schema, { type: 'null' }] });
export const objectOf = (members: DataMembers): DataSchema => ({
  type: 'object',
  required: Object.keys(members).filter((name) => !name.endsWith('?')),
  properties: Object.fromEntries(Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
  additionalProperties: false,
});
/** Members of which each may be left out. */
export const optional = <const Members extends DataMembers>(
  members: Members,
): { readonly [Name in keyof Members & string as `${Name}?`]: Members[Name] } =>
  Object.fromEntries(Object.entries(members).map(([name, schema]) => [`${name}?`, schema])) as never;
