import { Refusal } from './refusal.js';

/**
 * A customer who asks for themself (scope `customer`) is shown nothing of another, not even that it is there; whoever else
 * asks has no `customerId` and passes. @throws Refusal 404
 */
export function requireOwn(caller: { readonly customerId?: string | undefined }, customerId: string): void {
  if (caller.customerId !== undefined && caller.customerId !== customerId) throw new Refusal('not-found');
}
