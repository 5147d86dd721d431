import { type ApiDocument, type ApiSchema } from './openapi-document.js';

/** A body that is wrong in one place, and what is wrong there. */
export interface HostileBody {
  readonly what: string;
  readonly text: string;
}

type Path = readonly (string | number)[];
interface Place {
  readonly path: Path;
  readonly schema: ApiSchema;
}

const NUL = '\u0000';
const LISTS = [[[]], [[[]]], [[{}]], [['x']], [[null]], [null]];
const HOLDING_NUL = [{ x: NUL }, { [NUL]: 'x' }, { kty: 'EC', x: { y: [{ z: `a${NUL}b` }] } }, [[NUL]]];

/** Bodies of an operation, each wrong in one place, made from its example and every field that its schema has. */
export function hostileBodies(document: ApiDocument, schema: ApiSchema, example: unknown): HostileBody[] {
  return [...placesOf(document, schema, [])]
    .flatMap(({ path, schema: field }) => {
      const name = path.join('/');
      return valuesFor(field)
        .map((value) => ({
          what: `${name} = ${JSON.stringify(value)}`,
          text: JSON.stringify(replace(example, path, value)),
        }))
        .concat(
          isNumber(field)
            ? ['1e400', '-1e400'].map((number) => ({
                what: `${name} = ${number}`,
                text: JSON.stringify(replace(example, path, '<here>')).replace('"<here>"', number),
              }))
            : [],
        );
    })
    .concat(namesOf(example));
}

/** Bodies of an operation, each with half a character (a lone surrogate) in one place. */
export function halfCharacters(document: ApiDocument, schema: ApiSchema, example: unknown): HostileBody[] {
  return [...placesOf(document, schema, [])]
    .filter(({ schema: field }) => !isNumber(field))
    .flatMap(({ path, schema: field }) => {
      const halves = ['a\ud800', '\udc00b', '\udfff\ud83d'];
      const values =
        field.type === 'array'
          ? halves.map((half) => [half])
          : field.type === 'object' || field.oneOf
            ? [...halves, ...halves.map((half) => ({ [half]: half, x: [half] }))]
            : halves;
      return values.map((value) => ({
        what: `${path.join('/')} = ${JSON.stringify(value)}`,
        text: JSON.stringify(replace(example, path, value)),
      }));
    });
}

/** What a field must never hold, whatever it is. */
function valuesFor(schema: ApiSchema): unknown[] {
  if (schema.type === 'array') return [...LISTS, ...HOLDING_NUL, NUL, [NUL]];
  if (schema.type === 'object' || schema.properties) return [[], ...LISTS, ...HOLDING_NUL, NUL];
  if (isNumber(schema)) return [[], ...LISTS, NUL, '1', {}];
  return [[], ...LISTS, ...HOLDING_NUL, NUL, `a${NUL}b`, {}];
}

/** The example with one more member, of a name that none may have. */
function namesOf(example: unknown): HostileBody[] {
  const members = JSON.stringify(example).slice(1, -1);
  const more = [
    '"__proto__":{"x":1}',
    '"constructor":{"prototype":{"x":1}}',
    '"\\u0000":1',
    '"a\\u0000b":"x"',
    '"toString":1',
    '"\\ud800":1',
  ];
  return more.map((member) => ({
    what: member,
    text: `{${[...(members === '' ? [] : [members]), member].join(',')}}`,
  }));
}

function isNumber({ type }: ApiSchema): boolean {
  return type === 'integer' || type === 'number';
}

function* placesOf(document: ApiDocument, given: ApiSchema, path: Path): Generator<Place> {
  const schema = resolve(document, given);
  if (path.length > 0) yield { path, schema };
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* placesOf(document, property, [...path, name]);
  if (schema.items) yield* placesOf(document, schema.items as ApiSchema, [...path, 0]);
}

function resolve(document: ApiDocument, schema: ApiSchema): ApiSchema {
  const ref = schema.$ref ?? (schema.allOf as ApiSchema[] | undefined)?.[0]?.$ref;
  return ref ? document.components.schemas[ref.split('/').at(-1)!]! : schema;
}

/** A copy with another value in one place; what is missing on the way there is made. */
function replace(value: unknown, [at, ...rest]: Path, by: unknown): unknown {
  if (at === undefined) return by;
  if (typeof at === 'number') return [replace((value as unknown[] | undefined)?.[0], rest, by)];
  return {
    ...(value as object | undefined),
    [at]: replace((value as Record<string, unknown> | undefined)?.[at], rest, by),
  };
}
