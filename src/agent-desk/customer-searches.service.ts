import { Inject, Injectable } from '@nestjs/common';
import { PROVIDED } from '../config/provided.js';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { Databases } from '../database/databases.js';
import { EventTail } from '../events/event-tail.js';
import { PolicyService } from '../policy/policy.service.js';
import { toE164 } from '../readers/number.js';
import { invalidField } from '../refusals/refusal.js';
import { type Looker, Lookups } from './lookups.service.js';
import { searchById, searchByNumber } from './customer-searches.store.js';

@Injectable()
export class CustomerSearchesService {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly lookups: Lookups,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
  ) {}

  /**
   * The ids of customers with exactly this number, or of exactly this id; never by a part of either.
   * @throws Refusal 400 for what is no number, or for neither or both; 429 where the agent has looked for too many.
   */
  async search(
    looker: Pick<Looker, 'tenantId' | 'subject' | 'tellLimit'>,
    wanted: { number?: string; customerId?: string },
  ): Promise<string[]> {
    if ((wanted.number === undefined) === (wanted.customerId === undefined))
      throw invalidField('#/number', 'either this or `customerId` must be given');
    const { tenantId, subject: agentId } = looker;
    const db = this.databases.of(tenantId);
    const searcher = { agentId, mostLookups: this.lookups.most(tenantId) };
    const row =
      wanted.customerId === undefined
        ? await searchByNumber(db, searcher, await this.hashesOf(tenantId, wanted.number!))
        : await searchById(db, searcher, wanted.customerId);
    this.lookups.requireLeave(looker, row);
    this.tail.wake(tenantId);
    return row.ids;
  }

  private async hashesOf(tenantId: string, number: string): Promise<ReturnType<KeyRing['makeBoth']>> {
    const { policy } = await this.policies.current(tenantId);
    const e164 = toE164(number, policy.defaultCountry);
    if (e164 === null) throw invalidField('#/number', 'must be a phone number, best in E.164 such as +442079460123');
    return this.serverKeys.makeBoth((keys) => lookupHash(keys.lookup, tenantId, 'phone', e164));
  }
}
