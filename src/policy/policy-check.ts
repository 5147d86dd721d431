import type { FieldError } from '../platform/problem.js';
import { completePolicy, type PolicyDocument } from './policy.js';

/** What is wrong with a policy whose fields are each well formed: what must fit together, and what only the platform knows. */
export function checkPolicy(document: PolicyDocument): FieldError[] {
  const { callbacks, changes } = completePolicy(document);
  const errors: FieldError[] = [];
  if (!isTimeZone(callbacks.timeZone)) errors.push({ pointer: '#/callbacks/timeZone', detail: 'must be an IANA time zone such as Europe/London' });
  if (callbacks.opens >= callbacks.closes) errors.push({ pointer: '#/callbacks/closes', detail: 'must be later than opens' });
  changes.rules.forEach((rule, index) => {
    if (new Set(rule.proofs).size !== rule.proofs.length) errors.push({ pointer: `#/changes/rules/${index}/proofs`, detail: 'must not name a proof twice' });
    if (!rule.proofs.some((proof) => proof !== 'second_agent')) errors.push({ pointer: `#/changes/rules/${index}/proofs`, detail: 'must ask for something from the customer: app, callback or letter' });
  });
  return errors;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
