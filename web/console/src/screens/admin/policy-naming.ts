import type { Words } from '../../messages/words.js';
import type { Naming } from './policy-values.js';

/** Where the words of a member's codes are. */
const CODES: Readonly<Record<string, string>> = { subject: 'subject', askedThrough: 'askedThrough', proofs: 'proof' };

/** Members of a policy's records and their codes, as the form says them. */
export function namingOf(words: Words): Naming {
  return {
    member: (name) => words.maybe(`policyField.${name}`) ?? words.maybe(`changes.${name}`) ?? name,
    value: (name, value) => (CODES[name] ? words.code(CODES[name], value) : value),
  };
}
