import { _, Ajv, type KeywordCxt } from 'ajv';
import { hasTwoDecimals, isPlainLine, isPlainText, READ_AS } from './field-rules.js';
import { type BodyClass, shapesOf } from './field-shapes.js';

/** Takes a body as class-transformer and class-validator would; undefined for one that they may refuse or change. */
export type BodyReader = (body: unknown) => object | undefined;

type Members = Record<string, unknown>;

const ajv = new Ajv({
  meta: false,
  validateSchema: false,
  addUsedSchema: false,
  formats: {
    'plain-line': isPlainLine,
    'plain-text': isPlainText,
    ...Object.fromEntries(
      Object.entries(READ_AS).map(([name, read]) => [name, (text: string): boolean => read(text) !== null]),
    ),
    hundredths: { type: 'number', validate: hasTwoDecimals },
  },
  // Code, not functions: Ajv makes an object for each call of a keyword that is a function.
  keywords: [
    {
      keyword: 'matches',
      type: 'string',
      schemaType: 'object',
      code: (context) => failUnless(context, (text) => (context.schema as RegExp).test(text as string)),
    },
    { keyword: 'copiesWhole', schemaType: 'boolean', code: (context) => failUnless(context, copiesWhole) },
  ],
});

function failUnless(context: KeywordCxt, holds: (value: unknown) => boolean): void {
  const check = context.gen.scopeValue('keyword', { ref: holds });
  context.fail(_`!${check}(${context.data})`);
}

/** Whether a copy by Nest and class-transformer has all that the value has: they leave out members of some names, and gaps in lists. */
function copiesWhole(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const members = Object.entries(value);
  if (Array.isArray(value) && members.length !== value.length) return false;
  return members.every(([name, member]) => name !== 'prototype' && !(name in Object.prototype) && copiesWhole(member));
}

const readers = new Map<unknown, BodyReader | undefined>();

/** The reader of bodies of a class, compiled when it is first asked for; none for a class with rules that are not those of fields.ts. */
export function bodyReaderOf(type: unknown): BodyReader | undefined {
  let reader = readers.get(type);
  if (!reader && !readers.has(type) && typeof type === 'function')
    readers.set(type, (reader = compile(type as BodyClass)));
  return reader;
}

function compile(type: BodyClass): BodyReader | undefined {
  const schema = bodySchemaOf(type);
  if (!schema) return undefined;
  const isValid = ajv.compile(schema);
  const make = makerOf(type);
  return (body) => (isValid(body) ? make(body as Members) : undefined);
}

/** What the bodies of a class are in JSON Schema, those of nested classes within; none where one of the classes has a rule that is not known, or holds itself. */
export function bodySchemaOf(type: BodyClass, within: readonly BodyClass[] = []): Members | undefined {
  const shapes = shapesOf(type);
  if (!shapes || within.includes(type)) return undefined;
  const properties: Members = {};
  for (const [name, { checked, nested }] of shapes) {
    const inner = nested && bodySchemaOf(nested.type(), [...within, type]);
    if (nested && !inner) return undefined;
    properties[name] = nested?.list ? { ...checked, items: inner } : { ...checked, ...inner };
  }
  return {
    type: 'object',
    properties,
    required: [...shapes].filter(([, { optional }]) => !optional).map(([name]) => name),
    additionalProperties: false,
  };
}

/** Makes instances as class-transformer does: of the class and of those nested in it, with the members that the value has, each text in its one form. */
function makerOf(type: BodyClass): (value: Members) => object {
  const texts = [...(shapesOf(type) ?? [])].flatMap(
    ([
      name,
      {
        checked: { format },
      },
    ]) => (isReadAs(format) ? [{ name, read: READ_AS[format] }] : []),
  );
  const nested = [...(shapesOf(type) ?? [])].flatMap(([name, shape]) =>
    shape.nested ? [{ name, list: shape.nested.list, make: makerOf(shape.nested.type()) }] : [],
  );
  return (value) => {
    const made = Object.assign(new type(), value) as Members;
    for (const { name, read } of texts) if (made[name] !== undefined) made[name] = read(made[name] as string);
    for (const { name, list, make } of nested) {
      const member = made[name];
      if (member !== undefined)
        made[name] = list ? (member as Members[]).map((each) => make(each)) : make(member as Members);
    }
    return made;
  };
}

function isReadAs(format: unknown): format is keyof typeof READ_AS {
  return typeof format === 'string' && Object.hasOwn(READ_AS, format);
}
