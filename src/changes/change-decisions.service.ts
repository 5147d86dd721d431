import { Injectable } from '@nestjs/common';
import { Databases, type Requester } from '../database/databases.js';
import type { RequestDatabase } from '../database/tenant-database.js';
import { requireOwn } from '../refusals/own-customer.js';
import type { Change } from './change.view.js';
import { ChangeSettlementService } from './change-settlement.service.js';
import { ChangesService } from './changes.service.js';

/** What people decide about a change that is held or released. Each @throws Problem 404, and 409 where it is too late. */
@Injectable()
export class ChangeDecisionsService {
  constructor(
    private readonly databases: Databases,
    private readonly changes: ChangesService,
    private readonly settlement: ChangeSettlementService,
  ) {}

  /** @throws Problem 422 for the agent who asked for the change or rang the customer back. */
  approve(caller: Requester, changeId: string, agentId: string): Promise<Change> {
    return this.decide(caller, changeId, (db, id) => this.settlement.approve(db, id, agentId));
  }

  withdraw(caller: Requester, changeId: string, author: string): Promise<Change> {
    return this.decide(caller, changeId, (db, id) => this.settlement.withdraw(db, id, author));
  }

  dispute(caller: Requester, changeId: string): Promise<Change> {
    return this.decide(caller, changeId, (db, id) => this.settlement.dispute(db, id));
  }

  private async decide(
    caller: Requester,
    changeId: string,
    decision: (db: RequestDatabase, id: string) => Promise<void>,
  ): Promise<Change> {
    const db = this.databases.of(caller);
    const { id, customer_id: customerId } = await this.changes.find(db, changeId);
    requireOwn(caller, customerId);
    await decision(db, id);
    return this.changes.get(caller, changeId);
  }
}
