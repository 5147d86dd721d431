import type { Section, Value } from './policy-fields.js';
import { type ASKED_THROUGH, type CHANGE_SUBJECTS, POLICY, type PROOFS } from './policy-table.js';

export { ASKED_THROUGH, CHANGE_SUBJECTS, PROOFS } from './policy-table.js';

export type ChangeSubject = (typeof CHANGE_SUBJECTS)[number];
export type AskedThrough = (typeof ASKED_THROUGH)[number];
export type Proof = (typeof PROOFS)[number];

type HeldBy<Declared> =
  Declared extends Value<infer Type>
    ? Type
    : Declared extends Section<infer Values>
      ? { readonly [Name in keyof Values]: HeldBy<Values[Name]> }
      : never;

/** Everything a tenant may tune, with every value present. Times are in seconds. */
export type Policy = { readonly [Name in keyof typeof POLICY]: HeldBy<(typeof POLICY)[Name]> };

export type CallbackPolicy = Policy['callbacks'];
/** The proofs that a change needs; without `subject` or `askedThrough` for all of them. The first rule that fits decides. */
export type ChangeRule = Policy['changes']['rules'][number];
/** Words that a policy sets for one advice code in one locale. */
export type AdviceWords = Policy['advice'][number];

/** A policy as stored: sections that were set; what is absent takes its default. */
export type PolicyDocument = {
  readonly [Name in keyof Policy]?: Policy[Name] extends readonly unknown[] | string
    ? Policy[Name]
    : Partial<Policy[Name]>;
};

/** Fills a stored document with the defaults: value by value in a section, and else as a whole. */
export function completePolicy(document: PolicyDocument): Policy {
  const given: Readonly<Record<string, unknown>> = document;
  const complete = Object.entries(POLICY).map(([name, declared]) => [
    name,
    'values' in declared
      ? { ...defaultsOf(declared.values), ...(given[name] as object | undefined) }
      : (given[name] ?? declared.default),
  ]);
  return Object.fromEntries(complete) as Policy;
}

function defaultsOf(values: Readonly<Record<string, Value<unknown>>>): object {
  return Object.fromEntries(Object.entries(values).map(([name, declared]) => [name, declared.default]));
}

export const DEFAULT_POLICY: Policy = completePolicy({});
