import { Injectable } from '@nestjs/common';
import { Databases, type Requester } from '../database/databases.js';
import { EventTail } from '../events/event-tail.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import type { Call } from './call.js';
import { type Actor, ownerRequired, teamToTakeFrom } from './call-owner.policy.js';
import { handOverCall, takeOverCall } from './call-ownership.store.js';
import { CallsService } from './calls.service.js';

/** Moves calls between agents, openly: each knows whose a call is, and the customer is shown who has it. */
@Injectable()
export class CallOwnershipService {
  constructor(
    private readonly databases: Databases,
    private readonly calls: CallsService,
    private readonly tail: EventTail,
  ) {}

  /**
   * Offers a live call to another agent. It stays whose it is until that agent takes it over.
   * @throws Refusal 400 for the agent who has it already, 403 for another's call, 404, 409 where it has ended.
   */
  async transfer(caller: Requester & Actor, callId: string, to: string): Promise<Call> {
    const db = this.databases.of(caller);
    const { id, agent_id } = await this.calls.find(db, callId);
    if (to === agent_id) throw invalidField('#/to', 'must be another agent than the one who has the call');
    const handed = await handOverCall(db, {
      id,
      to,
      author: caller.subject,
      owner: ownerRequired(caller),
      teamToTakeFrom: teamToTakeFrom(caller),
    });
    if (!handed) throw await this.refusal(caller, callId);
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return this.calls.get(caller, callId);
  }

  /**
   * Makes the caller the agent of a live call: the one whom it was handed to, a supervisor of its team, or the one who has it
   * and takes back what was offered. What waits for the customer named the agent before, and is cancelled.
   * @throws Refusal 403 for anybody else, 404, 409 where it has ended, 422 where the callback may not be rung by this agent.
   */
  async takeOver(caller: Requester & Actor, callId: string): Promise<Call> {
    const db = this.databases.of(caller);
    const { id } = await this.calls.find(db, callId);
    const { taken, barred } = await db.transaction((tx) =>
      takeOverCall(tx, {
        id,
        agentId: caller.subject,
        agentName: caller.name!,
        agentDepartment: caller.department,
        teamToTakeFrom: teamToTakeFrom(caller),
      }),
    );
    if (!taken) throw await this.refusal(caller, callId, barred);
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return this.calls.get(caller, callId);
  }

  private async refusal(caller: Requester & Actor, callId: string, barred = false): Promise<Refusal> {
    const call = await this.calls.find(this.databases.of(caller), callId);
    const theirs =
      ownerRequired(caller) === null ||
      [call.agent_id, call.transfer_to].includes(caller.subject) ||
      (call.agent_department !== null && call.agent_department === teamToTakeFrom(caller));
    if (!theirs) return new Refusal('not-your-call');
    if (!call.live) return new Refusal('call-ended');
    return new Refusal(barred ? 'same-agent' : 'not-your-call');
  }
}
