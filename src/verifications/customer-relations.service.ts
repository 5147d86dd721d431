import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import { isRelated } from './customer-relations.store.js';

/** Who reads what is known of a customer, as their access token says it. */
export interface Reader {
  readonly tenantId: string;
  readonly subject: string;
  readonly department: string | null;
  readonly scopes: ReadonlySet<string>;
}

/** Keeps agents to the customers whom they have to do with. */
@Injectable()
export class CustomerRelations {
  constructor(private readonly databases: Databases) {}

  /**
   * Passes whoever reads of all customers by `scopes`, and an agent who has a live call, a claimed callback or a held change
   * with this one; a supervisor, whose team has the call. @throws Refusal 400 where an agent names none; 403, whether or not there is such a customer.
   */
  async require(
    { tenantId, subject, department, scopes }: Reader,
    customerId: string | null,
    ...all: string[]
  ): Promise<void> {
    if (all.some((scope) => scopes.has(scope))) return;
    if (customerId === null) throw invalidField('#/customerId', 'must be given by an agent');
    const team = scopes.has('supervisor') ? department : null;
    if (!(await isRelated(this.databases.of(tenantId), { customerId, agentId: subject, team })))
      throw new Refusal('not-your-customer');
  }
}
