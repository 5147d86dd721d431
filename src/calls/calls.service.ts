import { Injectable } from '@nestjs/common';
import { displayOfCallback } from '../callbacks/callback.view.js';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { generateReference } from '../ids/reference.js';
import { isUniqueViolation, type TenantHandle, type WorkHandle } from '../database/tenant-database.js';
import { neverAskFor } from '../policy/own-words.js';
import { PolicyService, type PolicyVersion } from '../policy/policy.service.js';
import { callDisplay } from '../verifications/display.js';
import { type VerificationSummary, VerificationsService } from '../verifications/verifications.service.js';
import {
  type Call,
  type CallbackToShow,
  type CallDeclaration,
  declaredCall,
  describeCall,
  PURPOSE,
  readLine,
  startedSummary,
  startRefusal,
  type VerificationUnavailable,
} from './call.js';
import { type CallListQuery, listCalls } from './call-lists.store.js';
import { findCallByReference } from './call-references.store.js';
import { findCallbackOfCall } from './callback-of-call.store.js';
import { type Actor, ownerRequired, sightOf } from './call-owner.policy.js';
import { type CallWithKeyRow, endCall, findCall, startVerificationInCall } from './calls.store.js';
import { declareOne } from './declarations-together.store.js';
import type { Declared } from './declared.js';

const MOST_TRIES = 12;

@Injectable()
export class CallsService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly verifications: VerificationsService,
    private readonly tail: EventTail,
  ) {}

  /**
   * Declares a call that is under way, and with `verify` asks the customer about it; the code is in this answer alone.
   * @throws Refusal 400 for a line that is not a number, 422 for one that is not the bank's or that never calls out.
   */
  async declare(caller: Requester, declaration: CallDeclaration): Promise<Call> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const policy = await this.policies.current(tenantId);
    const line = readLine(declaration, policy);
    const { row, code } = await this.retry(db, declaration.customerId, async (key) =>
      this.declareOnce(db, key, declaration, line, policy, null),
    );
    const call = declaredCall(row, code, declaration);
    db.afterCommit(() => this.tail.wake(tenantId));
    return call;
  }

  /**
   * Starts a verification in a live call; what was waiting for the customer is cancelled. In the call of a callback it is the
   * callback's question again, with the change that it is for.
   * @throws Refusal 404, 403 for another agent's call, 409 where the call has ended, 422 `no-device`, 423 `locked`, 429 `push-budget`.
   */
  async startVerification(caller: Requester & Actor, callId: string): Promise<VerificationSummary> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    let call = await this.findOwn(db, caller, callId);
    const policy = await this.policies.current(tenantId);
    const { row, code } = await this.retry(db, call.customer_id, async (key) => {
      call = await this.findOwn(db, caller, callId);
      const purpose = openFor(key, call.key_id, PURPOSE, call.purpose_sealed) ?? '';
      const callback = await findCallbackOfCall(db, call.id);
      const { toStart, code } = this.verifications.prepare(tenantId, key, {
        kind: callback ? 'callback' : 'call',
        startedBy: caller.subject,
        policy,
        display: {
          ...callDisplay(
            {
              direction: call.direction,
              channel: call.channel,
              agentName: call.agent_name,
              department: call.agent_department,
              purpose,
            },
            neverAskFor(policy.policy, [key.locale ?? null]),
          ),
          ...(callback && displayOfCallback(key, callback)),
        },
      });
      return {
        row: await startVerificationInCall(
          db,
          {
            callId: call.id,
            changeId: callback?.change_id ?? null,
            customerId: call.customer_id,
            keyId: key.keyId,
            agentId: call.agent_id,
            agentName: call.agent_name,
            agentDepartment: call.agent_department,
          },
          toStart,
        ),
        code,
      };
    });
    if (!row.call_live) {
      await this.findOwn(db, caller, callId);
      throw new Refusal('conflict');
    }
    db.afterCommit(() => this.tail.wake(tenantId));
    const verification = startedSummary(row, code);
    if (!verification) throw startRefusal(row.decision as VerificationUnavailable, row.retry_after);
    return verification;
  }

  /** @throws Refusal 404, 403 for another agent's call, or 409 where it has ended already. */
  async end(caller: Requester & Actor, callId: string): Promise<Call> {
    const db = this.databases.of(caller);
    const { id } = await this.findOwn(db, caller, callId);
    const values = { id, author: caller.subject, owner: ownerRequired(caller) };
    if (!(await db.transaction((transaction) => endCall(transaction, values)))) {
      await this.findOwn(db, caller, callId);
      throw new Refusal('conflict');
    }
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return this.get(caller, callId);
  }

  async get(caller: Requester, callId: string): Promise<Call> {
    const db = this.databases.of(caller);
    const [call] = await this.describeAll(db, [await this.find(db, callId)]);
    return call!;
  }

  /** Calls, newest first, within what the caller may see of them. */
  async list(
    caller: Requester & Actor,
    query: Omit<CallListQuery, 'most'> & { limit: number },
  ): Promise<{ data: Call[]; next: string | null }> {
    const db = this.databases.of(caller.tenantId);
    const rows = await listCalls(db, { ...query, most: query.limit + 1 }, sightOf(caller));
    const data = await this.describeAll(db, rows.slice(0, query.limit));
    return { data, next: rows.length > query.limit ? data.at(-1)!.id : null };
  }

  /** The row of a live call on which the caller may act. @throws Refusal 404, 403 for another agent's, 409 where it has ended. */
  async findOwn(db: TenantHandle, caller: Actor, callId: string): Promise<CallWithKeyRow> {
    const call = await this.find(db, callId);
    const owner = ownerRequired(caller);
    if (owner !== null && call.agent_id !== owner) throw new Refusal('not-your-call');
    if (!call.live) throw new Refusal('call-ended');
    return call;
  }

  /** The row of a call. @throws Refusal 404. */
  async find(db: TenantHandle, callId: string): Promise<CallWithKeyRow> {
    const id = fromTypeId('call', callId);
    const row = id === null ? null : await findCall(db, id);
    if (!row) throw new Refusal('not-found');
    return row;
  }

  /**
   * Declares the call of a callback with its verification, inside the transaction that claims it.
   * @throws Refusal 400 for a line that is not a number; what the database throws where two starts race: the caller runs its
   * transaction again.
   */
  async declareCallback(
    db: TenantHandle,
    key: CustomerKey,
    declaration: CallDeclaration,
    callback: CallbackToShow,
    policy: PolicyVersion,
  ): Promise<Call> {
    const { row, code } = await this.declareOnce(db, key, declaration, readLine(declaration, policy), policy, callback);
    return declaredCall(row, code, declaration);
  }

  /** The call that a reference stands for, or null. */
  async findByReference(tenantId: string, reference: string): ReturnType<typeof findCallByReference> {
    return findCallByReference(this.databases.of(tenantId), reference);
  }

  /** Ends a call inside a transaction; no error where it has ended already. */
  async endWithin(db: TenantHandle, callUuid: string, author: string): Promise<void> {
    await endCall(db, { id: callUuid, author, owner: null });
  }

  private async declareOnce(
    db: TenantHandle,
    key: CustomerKey,
    declaration: CallDeclaration,
    line: string | null,
    policy: PolicyVersion,
    callback: CallbackToShow | null,
  ): Promise<{ row: Declared; code?: string }> {
    const { agent, channel, customerId, direction, purpose } = declaration;
    const display = {
      ...callDisplay(
        { direction, channel, agentName: agent.name, department: agent.department, purpose },
        neverAskFor(policy.policy, [key.locale ?? null]),
      ),
      ...callback?.display,
    };
    const prepared = declaration.verify
      ? this.verifications.prepare(db.tenantId, key, {
          kind: callback ? 'callback' : 'call',
          startedBy: declaration.declaredBy,
          policy,
          display,
        })
      : null;
    const row = await declareOne(
      db,
      {
        id: newId('call').uuid,
        reference: generateReference('call'),
        customerId,
        keyId: key.keyId,
        direction,
        channel,
        line,
        purposeSealed: sealFor(key, PURPOSE, purpose),
        agentId: agent.id,
        agentName: agent.name,
        agentDepartment: agent.department,
        declaredBy: declaration.declaredBy,
        externalId: declaration.external?.id ?? null,
        externalSystem: declaration.external?.system ?? null,
        callSeconds: policy.policy.call.lifetimeSeconds,
        changeId: callback?.changeId ?? null,
      },
      prepared?.toStart ?? null,
    );
    return { row, code: prepared?.code };
  }

  /** Runs again where the customer was shredded meanwhile, where two starts raced, or where a reference was taken. */
  private async retry<Result extends { row: { customer_known: boolean } }>(
    db: WorkHandle,
    customerId: string,
    run: (key: CustomerKey) => Promise<Result>,
  ): Promise<Result> {
    for (let round = 0; round < MOST_TRIES; round += 1) {
      try {
        const result = await run(await this.keys.ensure(db, customerId));
        if (result.row.customer_known) return result;
        this.keys.forget(db.tenantId, customerId);
      } catch (error) {
        if (!isUniqueViolation(error, 'verifications_one_waiting') && !isUniqueViolation(error, 'calls_by_reference'))
          throw error;
      }
    }
    throw new Refusal('conflict');
  }

  private async describeAll(db: WorkHandle, rows: readonly CallWithKeyRow[]): Promise<Call[]> {
    const newest =
      rows.length === 0
        ? new Map<string, VerificationSummary>()
        : await this.verifications.newestOfCalls(
            db,
            rows.map((row) => row.id),
          );
    return rows.map((row) => ({
      ...describeCall(row, this.openPurpose(db.tenantId, row)),
      verification: newest.get(row.id) ?? null,
    }));
  }

  private openPurpose(tenantId: string, row: CallWithKeyRow): string | null {
    if (row.wrapped_key === null || row.customer_key_id === null) return null;
    const key = this.keys.unwrap(tenantId, row.customer_id, {
      key_id: row.customer_key_id,
      wrapped_key: row.wrapped_key,
    });
    return openFor(key, row.key_id, PURPOSE, row.purpose_sealed);
  }
}
