import { Injectable } from '@nestjs/common';
import { Databases } from '../platform/databases.js';
import type { Change } from './change.view.js';
import { ChangeSettlementService } from './change-settlement.service.js';
import { ChangesService } from './changes.service.js';

/** What people decide about a change that is held or released. Each @throws Problem 404, and 409 where it is too late. */
@Injectable()
export class ChangeDecisionsService {
  constructor(private readonly databases: Databases, private readonly changes: ChangesService, private readonly settlement: ChangeSettlementService) {}

  /** @throws Problem 422 for the agent who asked for the change or rang the customer back. */
  approve(tenantId: string, changeId: string, agentId: string): Promise<Change> {
    return this.decide(tenantId, changeId, (id) => this.settlement.approve(tenantId, id, agentId));
  }

  withdraw(tenantId: string, changeId: string, author: string): Promise<Change> {
    return this.decide(tenantId, changeId, (id) => this.settlement.withdraw(tenantId, id, author));
  }

  dispute(tenantId: string, changeId: string): Promise<Change> {
    return this.decide(tenantId, changeId, (id) => this.settlement.dispute(tenantId, id));
  }

  private async decide(tenantId: string, changeId: string, decision: (id: string) => Promise<void>): Promise<Change> {
    const { id } = await this.changes.find(this.databases.of(tenantId), changeId);
    await decision(id);
    return this.changes.get(tenantId, changeId);
  }
}
