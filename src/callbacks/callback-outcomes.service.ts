import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CallsService } from '../calls/calls.service.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { Refusal } from '../refusals/refusal.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { PolicyService } from '../policy/policy.service.js';
import { afterAttempt, type CallbackResult, retryAfterSeconds } from './callback.machine.js';
import type { Callback } from './callback.view.js';
import { nextOpening } from './callback-hours.js';
import {
  callOffCallbacks,
  type ChangeCallbackRow,
  excludeAgent,
  expireDueCallbacks,
  lapseClaimsOfCallbacks,
  listCallbacksOfChange,
  recordCallbackOutcome,
} from './callback-outcomes.store.js';
import { CallbacksService } from './callbacks.service.js';

const SWEPT_AT_ONCE = 500;

@Injectable()
export class CallbackOutcomesService implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly callbacks: CallbacksService,
    private readonly calls: CallsService,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.lapse('callback', (tenantId) => this.sweep(tenantId, SWEPT_AT_ONCE));
  }

  /**
   * Records what came of a claimed callback.
   * @throws Refusal 404; 409 where this agent holds no claim; 422 for `verified` where the customer confirmed nothing.
   */
  async record(caller: Requester, callbackId: string, result: CallbackResult, agentId: string): Promise<Callback> {
    const db = this.databases.of(caller);
    const { policy } = await this.policies.current(db.tenantId);
    const row = await this.callbacks.find(db, callbackId);
    const made = row.attempts + 1;
    const status = afterAttempt(result, made, policy.callbacks.attempts);
    const retryAt =
      status === 'queued'
        ? (nextOpening(
            new Date(row.now.getTime() + retryAfterSeconds(made, policy.callbacks.retrySeconds) * 1000),
            policy.callbacks,
          ) ?? row.not_after)
        : null;
    await db.transaction(async (tx) => {
      const outcome = await recordCallbackOutcome(tx, {
        id: row.id,
        agentId,
        status,
        retryAt,
        deviceAgeSeconds: policy.device.ageSeconds,
      });
      if (!outcome.held) throw new Refusal('claim-lapsed');
      if (!outcome.recorded) throw new Refusal('not-verified');
      // A verified customer is still on the line; any other call is over.
      if (status !== 'verified' && outcome.call_id) await this.calls.endWithin(tx, outcome.call_id, agentId);
    });
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return this.callbacks.get(caller, callbackId);
  }

  /** Every callback about a change, oldest first. */
  ofChange(db: TenantHandle, changeId: string): Promise<ChangeCallbackRow[]> {
    return listCallbacksOfChange(db, changeId);
  }

  /** Keeps an agent from ringing back about a change. */
  async exclude(db: TenantHandle, changeId: string, agentId: string): Promise<void> {
    await excludeAgent(db, changeId, agentId);
  }

  /** Cancels what is open about a change that is closed. */
  async callOff(db: TenantHandle, changeId: string): Promise<void> {
    await callOffCallbacks(db, changeId);
  }

  /** Puts lapsed claims back, ends their calls, and expires what is past its window; returns how many it touched. */
  private async sweep(tenantId: string, most: number): Promise<number> {
    const db = this.databases.of(tenantId);
    const calls = await lapseClaimsOfCallbacks(db, most);
    for (const call of calls) await this.calls.endWithin(db, call, 'lapsed claim');
    return calls.length + (await expireDueCallbacks(db, most));
  }
}
