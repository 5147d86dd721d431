import type { ApiDocument, ApiSchema } from './openapi-document.js';

/** A place of a body, and bodies that are the example but for that place; `said` names what stands there. */
export interface WrongPlace {
  readonly place: string;
  readonly bodies: readonly { readonly said: string; readonly text: string }[];
}

type Path = readonly (string | number)[];
interface Wrong {
  readonly said: string;
  readonly value: unknown;
}

const LEFT_OUT = Symbol('left out');
const DEEPEST = 6;
const MOST_TIME_CHARACTERS = 40;

/** For each field that a schema has, at any depth: the example with each of a set of values there that follows from the schema. */
export function wrongPlaces(document: ApiDocument, schema: ApiSchema, example: unknown): WrongPlace[] {
  return [...placesOf(document, schema, [])].map(({ path, field }) => ({
    place: path.length === 0 ? '(the body)' : path.join('/'),
    bodies: valuesFor(field, path).map(({ said, value }) => ({
      said,
      text: JSON.stringify(replaced(example, path, value)),
    })),
  }));
}

function* placesOf(
  document: ApiDocument,
  given: ApiSchema,
  path: Path,
): Generator<{ path: Path; field: ApiSchema }, void> {
  if (path.length > DEEPEST) return;
  const field = resolved(document, given);
  yield { path, field };
  for (const [name, property] of Object.entries(field.properties ?? {}))
    yield* placesOf(document, property, [...path, name]);
  if (field.items) yield* placesOf(document, field.items as ApiSchema, [...path, 0]);
}

function resolved(document: ApiDocument, schema: ApiSchema): ApiSchema {
  const ref = schema.$ref ?? (schema.allOf as ApiSchema[] | undefined)?.[0]?.$ref;
  return ref ? document.components.schemas[ref.split('/').at(-1)!]! : schema;
}

const json = (value: unknown): Wrong => ({ said: JSON.stringify(value), value });

const OF_ANY_FIELD: readonly Wrong[] = [
  { said: '(left out)', value: LEFT_OUT },
  ...[null, 7, -1, 1.5, true, '', 'x', '7', [], {}, [[]], [null], ['x'], { x: 1 }, { '0': 'x', length: 1 }].map(json),
];
const OF_TEXTS: readonly Wrong[] = [
  ...['   ', 'a\nb', 'a\tb', 'a\u2028b', 'a\u202eb', 'a\u2066b', 'a\u200bb', '\ufeffa', 'a\u007fb', '\ud800', '\u00a0'],
  ...[
    'e\u0301',
    'P\u0430ypal',
    '٣٤٥',
    '❤\ufe0f',
    '👩🏽‍💻',
    '<b>x</b>',
    'true',
    'toString',
    '__proto__',
    'en_GB',
    'UK',
    'BST',
  ],
].map((value) => ({ said: escaped(value), value }));
const OF_TIMES: readonly Wrong[] = [
  ...['2026-01-31', '2026-01-31T09:30:00', '2026-02-30T00:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31T23:59:60Z'],
  ...['1899-12-31T00:00:00Z', '0000-01-01T00:00:00Z', '2026-01-31T00:00:00+15:00', '2026-01-31 09:30:00Z', 'tomorrow'],
].map(json);
const MEMBERS: readonly Wrong[] = ['colour', 'Customerid', 'a/b~c', '', 'prototype'].map((name) => ({
  said: `+${JSON.stringify(name)}`,
  value: { [name]: 1 },
}));

function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function valuesFor(field: ApiSchema, path: Path): Wrong[] {
  const inAList = typeof path.at(-1) === 'number';
  const any = path.length === 0 || inAList ? OF_ANY_FIELD.slice(1) : OF_ANY_FIELD;
  return [...any, ...ofKind(field), ...(isOfMembers(field) ? MEMBERS : [])];
}

function isOfMembers(field: ApiSchema): boolean {
  return field.properties !== undefined;
}

function ofKind(field: ApiSchema): Wrong[] {
  const { minimum, maximum, maxLength, maxItems } = field as Record<string, number | undefined>;
  if (field.enum) return field.enum.flatMap((value) => [json(String(value).toUpperCase()), json([value])]);
  if (field.type === 'string')
    return [
      ...OF_TEXTS,
      ...(field.format === 'date-time' ? [...OF_TIMES, ...lengthsAbout(MOST_TIME_CHARACTERS)] : []),
      ...(maxLength === undefined || field.format === 'date-time' ? [] : lengthsAbout(maxLength)),
    ];
  if (field.type === 'array' && maxItems !== undefined)
    return [{ said: `(${maxItems + 1} times null)`, value: Array(maxItems + 1).fill(null) }];
  if (minimum !== undefined && maximum !== undefined)
    return [minimum - 1, minimum - 0.01, maximum + 1, maximum * 10, 1.005, 1e-7, 1e21].map(json);
  return [];
}

/** Lengths are counted in characters: of two code units, or with a mark that is not counted. */
function lengthsAbout(most: number): Wrong[] {
  return ['a', '7', '\u{1f600}', '❤\ufe0f'].flatMap((unit) =>
    [most, most + 1].map((times) => ({ said: `(${times} times ${escaped(unit)})`, value: unit.repeat(times) })),
  );
}

/** A copy with another value in one place; what is missing on the way there is made. An object of members is added to one. */
function replaced(value: unknown, [at, ...rest]: Path, by: unknown): unknown {
  if (at === undefined)
    return MEMBERS.some((member) => member.value === by) ? { ...(value as object | undefined), ...(by as object) } : by;
  if (typeof at === 'number') return [replaced((value as unknown[] | undefined)?.[0], rest, by)];
  const copy = { ...(value as Record<string, unknown> | undefined) };
  if (rest.length === 0 && by === LEFT_OUT) delete copy[at];
  else copy[at] = replaced(copy[at], rest, by);
  return copy;
}
