import { Inject, Injectable } from '@nestjs/common';
import { PROVIDED } from '../config/provided.js';
import type { Quotas } from '../config/rate-limits.js';
import { Databases } from '../database/databases.js';
import type { TellLimit } from '../http/access/principal.js';
import { Refusal } from '../refusals/refusal.js';
import { type Counted, type Lookup, spendLookup } from './lookups.store.js';
import type { TenantValues } from '../config/tenant-values.js';

/** Who looks, as their access token says it. */
export interface Looker {
  readonly tenantId: string;
  readonly subject: string;
  readonly department: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly tellLimit?: TellLimit;
}

const LIMIT = 'customer-lookups';

/** What agents look up of customers, counted over searches, summaries and checks of messages together. */
@Injectable()
export class Lookups {
  constructor(
    private readonly databases: Databases,
    @Inject(PROVIDED.rateLimits) private readonly quotas: TenantValues<Quotas>,
  ) {}

  /** How many looks an agent has in a minute: enough for whoever talks to one customer after the other, too few to try numbers or ids. */
  most(tenantId: string): number {
    return this.quotas.get(tenantId)![LIMIT];
  }

  /**
   * Counts a look at a customer with whom the agent has nothing to do. Whoever reads of all customers is not counted.
   * @throws Refusal 429 where the agent has looked at too many in this minute.
   */
  async spend(looker: Looker, customerId: string): Promise<void> {
    const lookup = lookupOf(looker, customerId);
    if (!lookup) return;
    const mostLookups = this.most(looker.tenantId);
    this.requireLeave(looker, await spendLookup(this.databases.of(looker.tenantId), { ...lookup, mostLookups }));
  }

  /** Tells the agent how they stand, where a look was counted. @throws Refusal 429 where there was none left, with when to come again. */
  requireLeave({ tenantId, tellLimit }: Pick<Looker, 'tenantId' | 'tellLimit'>, row: Counted): void {
    const quota = this.most(tenantId);
    const { allowed: isAllowed, made } = row;
    if (isAllowed && made === null) return;
    const resetSeconds = Math.min(60, Math.max(1, (isAllowed ? row.reset_seconds : row.retry_after) ?? 60));
    tellLimit?.(LIMIT, { isAllowed, quota, left: isAllowed ? quota - made! : 0, resetSeconds });
    if (!isAllowed)
      throw new Refusal('too-many-requests', { retryAfterSeconds: resetSeconds, 'violated-policies': [LIMIT] });
  }
}

/** Null for whoever reads of all customers: an analyst may. */
export function lookupOf({ subject, department, scopes }: Looker, customerId: string): Lookup | null {
  if (!(scopes.has('agent') || scopes.has('supervisor')) || scopes.has('analyst')) return null;
  return { customerId, agentId: subject, team: scopes.has('supervisor') ? department : null };
}
