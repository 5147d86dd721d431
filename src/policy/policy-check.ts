import { isSupportedCountry } from 'libphonenumber-js/max';
import type { FieldError } from '../platform/problem.js';
import { readDay } from '../readers/time.js';
import { completePolicy, type PolicyDocument } from './policy.js';

/** What is wrong with a policy whose fields are each well formed: what must fit together, and what only the platform knows. */
export function checkPolicy(document: PolicyDocument): FieldError[] {
  const { callbacks, changes, defaultCountry } = completePolicy(document);
  const errors: FieldError[] = [];
  if (!isSupportedCountry(defaultCountry)) errors.push({ pointer: '#/defaultCountry', detail: 'must be a country that has a numbering plan' });
  if (callbacks.opens >= callbacks.closes) errors.push({ pointer: '#/callbacks/closes', detail: 'must be later than opens' });
  callbacks.holidays.forEach((day, index) => {
    if (readDay(day) === null) errors.push({ pointer: `#/callbacks/holidays/${index}`, detail: 'must be a day that exists, such as 2026-12-25' });
  });
  changes.rules.forEach((rule, index) => {
    if (new Set(rule.proofs).size !== rule.proofs.length) errors.push({ pointer: `#/changes/rules/${index}/proofs`, detail: 'must not name a proof twice' });
    if (!rule.proofs.some((proof) => proof !== 'second_agent')) errors.push({ pointer: `#/changes/rules/${index}/proofs`, detail: 'must ask for something from the customer: app, callback or letter' });
  });
  return errors;
}
