import { _, Ajv, type KeywordCxt } from 'ajv';
import { getMetadataStorage } from 'class-validator';
import { isPresent, type RuleContext } from './field-checks.js';
import type { Rule } from './field-rules.js';

export type BodyClass = new () => object;

/** Takes a body as class-transformer and class-validator would; undefined for one that they may refuse or change. */
export type BodyReader = (body: unknown) => object | undefined;

type Members = Record<string, unknown>;
type Holds = Rule['holds'];

/** What class-validator knows of a field, sorted. */
interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly holds: readonly Holds[];
  readonly eachHolds: readonly Holds[];
  /** Holds text, numbers or truth values alone, or a list of those. */
  readonly simple: boolean;
  readonly nested?: { readonly type: BodyClass; readonly list: boolean } | undefined;
  readonly read: Rule['read'];
}

/** Ajv makes the code that goes through a body; what a value may be is asked of the rules themselves. */
const ajv = new Ajv({
  meta: false,
  validateSchema: false,
  addUsedSchema: false,
  // Code, not functions: Ajv makes an object for each call of a keyword that is a function.
  keywords: [{ keyword: 'holds', schemaType: 'array', code: (context) => failUnless(context) }],
});

function failUnless(context: KeywordCxt): void {
  const checks = (context.schema as Holds[]).map((holds) => {
    const check = context.gen.scopeValue('keyword', { ref: holds });
    return _`${check}(${context.data})`;
  });
  if (checks.length > 0) context.fail(_`!(${checks.reduce((all, one) => _`${all} && ${one}`)})`);
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
  if (!readers.has(type)) readers.set(type, typeof type === 'function' ? compile(type as BodyClass) : undefined);
  return readers.get(type);
}

function compile(type: BodyClass): BodyReader | undefined {
  const schema = schemaOf(type);
  if (!schema) return undefined;
  const isValid = ajv.compile(schema);
  const make = makerOf(type);
  return (body) => (isValid(body) ? make(body as Members) : undefined);
}

/** What the bodies of a class are, those of nested classes within; none where one of the classes has a rule that is not known, or holds itself. */
function schemaOf(type: BodyClass, within: readonly BodyClass[] = []): Members | undefined {
  const fields = fieldsOf(type);
  if (!fields || within.includes(type)) return undefined;
  const properties: Members = {};
  for (const { name, holds, eachHolds, simple, nested } of fields) {
    const inner = nested && schemaOf(nested.type, [...within, type]);
    if (nested && !inner) return undefined;
    const item = eachHolds.length > 0 || nested?.list ? { holds: eachHolds, ...inner } : undefined;
    properties[name] = {
      ...(item ? { type: 'array', items: item } : inner),
      holds: simple || nested ? holds : [...holds, copiesWhole],
    };
  }
  return {
    type: 'object',
    properties,
    required: fields.filter(({ optional }) => !optional).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** The fields of a class and of those that it extends; none where it has no field, or one with a rule of somebody else's. */
function fieldsOf(type: BodyClass): Field[] | undefined {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const names = [...new Set(rules.map(({ propertyName }) => propertyName))];
  const fields = names.map((name) =>
    fieldOf(
      name,
      rules.filter(({ propertyName }) => propertyName === name),
    ),
  );
  return fields.length > 0 && fields.every((field) => field !== undefined) ? fields : undefined;
}

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

function fieldOf(name: string, metadata: readonly Metadata[]): Field | undefined {
  const isCondition = ({ type, constraints }: Metadata): boolean =>
    type === 'conditionalValidation' && constraints[0] === isPresent;
  const placed = metadata
    .filter((one) => !isCondition(one))
    .map(({ each, context }) => ({ each, rule: (context as RuleContext | undefined)?.rule }));
  const known = placed.flatMap(({ each, rule }) => (rule ? [{ each, rule }] : []));
  if (known.length < placed.length) return undefined;
  const holder = known.find(({ rule }) => rule.nested);
  const checks = known.filter(({ rule }) => !rule.nested);
  return {
    name,
    optional: metadata.some(isCondition),
    holds: checks.filter(({ each }) => !each).map(({ rule }) => rule.holds),
    eachHolds: checks.filter(({ each }) => each).map(({ rule }) => rule.holds),
    simple: known.some(({ rule }) => rule.simple),
    nested: holder && { type: holder.rule.nested!(), list: holder.each },
    read: known.find(({ rule }) => rule.read)?.rule.read,
  };
}

/** Makes instances as class-transformer does: of the class and of those nested in it, with the members that the value has, each text in its one form. */
function makerOf(type: BodyClass): (value: Members) => object {
  const fields = fieldsOf(type) ?? [];
  const texts = fields.flatMap(({ name, read }) => (read ? [{ name, read }] : []));
  const nested = fields.flatMap(({ name, nested: held }) =>
    held ? [{ name, list: held.list, make: makerOf(held.type) }] : [],
  );
  return (value) => {
    const made = Object.assign(new type(), value) as Members;
    for (const { name, read } of texts) if (made[name] !== undefined) made[name] = read(made[name]);
    for (const { name, list, make } of nested) {
      const member = made[name];
      if (member !== undefined)
        made[name] = list ? (member as Members[]).map((each) => make(each)) : make(member as Members);
    }
    return made;
  };
}
