import type { Scope } from '../principal.js';

/** A person whom the development issuer signs in without a password. */
export interface DemoPerson {
  readonly id: string;
  readonly kind: 'agent' | 'supervisor' | 'analyst' | 'admin' | 'customer';
  readonly name: string;
  /** Whom they work with at the demo bank; none for its customers. */
  readonly department?: string;
}

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { id: 'amara', kind: 'agent', name: 'Amara Okafor', department: 'Fraud Operations' },
  { id: 'ben', kind: 'agent', name: 'Ben Whitaker', department: 'Payments' },
  { id: 'chioma', kind: 'agent', name: 'Chioma Eze', department: 'Customer Care' },
  { id: 'dana', kind: 'supervisor', name: 'Dana Castellan', department: 'Fraud Operations' },
  { id: 'femi', kind: 'analyst', name: 'Femi Adeyemi', department: 'Fraud Analysis' },
  { id: 'gita', kind: 'admin', name: 'Gita Rao', department: 'Platform' },
  { id: 'maya', kind: 'customer', name: 'Maya Lindqvist' },
  { id: 'noah', kind: 'customer', name: 'Noah Brandt' },
  { id: 'ines', kind: 'customer', name: 'Inês Duarte' },
];

/** The scopes that a person may have. A supervisor is an agent who may do more. */
export function scopesOf({ kind }: DemoPerson): readonly Scope[] {
  return kind === 'supervisor' ? ['agent', 'supervisor'] : [kind];
}

/** Returns the demo person of this id, if there is one. */
export function findDemoPerson(id: string | undefined): DemoPerson | undefined {
  return DEMO_PEOPLE.find((person) => person.id === id);
}

/** What the development issuer says about a person in their tokens. A customer's own id at the bank is their `customer_id`. */
export function claimsOf({ id, kind, name, department }: DemoPerson): Record<string, string> {
  return {
    name,
    ...(department === undefined ? {} : { department }),
    ...(kind === 'customer' ? { customer_id: id } : {}),
  };
}
