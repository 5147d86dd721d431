import { Inject, Injectable } from '@nestjs/common';
import { type Call } from '../calls/call.js';
import { CallsService } from '../calls/calls.service.js';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import type { NumberSignalResult, NumberSignals } from '../number-signals/number-signals.js';
import { attachCallToCallback } from './callback-call.store.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { generateReference } from '../ids/reference.js';
import {
  isUniqueViolation,
  type RequestDatabase,
  type TenantHandle,
  type WorkHandle,
} from '../database/tenant-database.js';
import { PolicyService, type PolicyVersion } from '../policy/policy.service.js';
import { isOpen, nextOpening } from './callback-hours.js';
import {
  aboutId,
  after,
  type CallbackRequest,
  type ChangeCallback,
  type ClaimingAgent,
  findContactToRing,
  latest,
} from './callback-request.js';
import { ABOUT, type Callback, describeCallback, displayOfCallback, REASON } from './callback.view.js';
import {
  type CallbackListQuery,
  type CallbackRow,
  type CallbackWithKeyRow,
  claimCallback,
  findCallback,
  findCallbackByReference,
  giveUpCallback,
  listCallbacks,
  listOpenCallbacks,
  queueCallback,
  readCallbackFacts,
} from './callbacks.store.js';

/** A callback that a held change waits for comes before one that a customer asked for. */
const CHANGE_PRIORITY = 10;
const MOST_TRIES = 8;

@Injectable()
export class CallbacksService {
  constructor(
    private readonly databases: Databases,
    private readonly calls: CallsService,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    @Inject(PROVIDED.numberSignals) private readonly numberSignals: NumberSignals,
  ) {}

  /**
   * Queues a call that the bank owes the customer, to a number that was on file before.
   * @throws Refusal 422 where no number is old enough, or where the window has no time within policy's hours.
   */
  async request(
    caller: Requester,
    customerId: string,
    request: CallbackRequest,
    requestedBy: string,
  ): Promise<Callback> {
    const db = this.databases.of(caller);
    const policy = await this.policies.current(db.tenantId);
    const row = await this.queueWithin(db, customerId, request, requestedBy, policy, null);
    return describeCallback(row, request.reason);
  }

  /** The same inside the caller's transaction, and for a change's proof. */
  async queueWithin(
    db: WorkHandle,
    customerId: string,
    request: CallbackRequest,
    requestedBy: string,
    { policy }: PolicyVersion,
    change: ChangeCallback | null,
  ): Promise<CallbackRow> {
    const contactAgeSeconds = change?.contactAgeSeconds ?? policy.contact.ageSeconds;
    const facts = await readCallbackFacts(db, customerId, contactAgeSeconds);
    if (!facts.has_old_number) throw new Refusal('no-callback-number');
    const notBefore = latest(facts.now, request.notBefore);
    const dueAt = nextOpening(notBefore, policy.callbacks);
    if (!dueAt) throw new Refusal('callback-outside-hours');
    const notAfter = request.notAfter ? new Date(request.notAfter) : after(dueAt, policy.callbacks.windowSeconds);
    if (dueAt >= notAfter) throw new Refusal('callback-outside-hours');
    const key = await this.keys.ensure(db, customerId);
    const row = await queueCallback(db, {
      id: newId('cbk').uuid,
      reference: generateReference('callback'),
      customerId,
      keyId: key.keyId,
      changeId: change?.changeId ?? null,
      about: request.about ?? null,
      aboutId: aboutId(request.about),
      reasonSealed: sealFor(key, REASON, request.reason),
      aboutSealed: change ? sealFor(key, ABOUT, JSON.stringify(change.display)) : null,
      notBy: change?.notBy ?? [],
      requestedBy,
      priority: change ? CHANGE_PRIORITY : 0,
      contactAgeSeconds,
      notBefore,
      notAfter,
      dueAt,
      externalId: request.externalId ?? null,
      externalSystem: request.externalSystem ?? null,
    });
    if (!row) {
      this.keys.forget(db.tenantId, customerId);
      throw new Refusal('conflict');
    }
    return row;
  }

  /**
   * Claims a callback: the number to dial, revealed to this agent and logged, and an outbound call declared with its
   * verification and code in the same transaction.
   * @throws Refusal 404; 409 where it is not due, claimed or closed; 422 `same-agent`, `number-at-risk` or for the line.
   */
  async claim(
    caller: Requester,
    callbackId: string,
    agent: ClaimingAgent,
  ): Promise<{ number: string; call: Call; callback: Callback }> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const row = await this.find(db, callbackId);
    const policy = await this.policies.current(tenantId);
    if (row.status !== 'queued' || row.due_at > row.now || !isOpen(row.now, policy.policy.callbacks))
      throw new Refusal('callback-not-due');
    const key = this.keyOf(tenantId, row);
    const contact = key && (await findContactToRing(db, row, key));
    if (!key || !contact) {
      await this.giveUp(db, row.id, 'no_number_left', null, agent.id);
      throw new Refusal('no-callback-number');
    }
    const signals = await db.outside(() => this.numberSignals.check(contact.number));
    await this.refuseNumberAtRisk(db, row.id, signals, agent.id);
    const call = await this.retry(() =>
      db.transaction((tx) => this.claimWithin(tx, row, key, contact.id, agent, policy, signals)),
    );
    db.afterCommit(() => this.tail.wake(tenantId));
    return { number: contact.number, call, callback: await this.get(caller, callbackId) };
  }

  async get(caller: Requester, callbackId: string): Promise<Callback> {
    const db = this.databases.of(caller);
    return this.describe(db, await this.find(db, callbackId));
  }

  /** The queue by priority and due time, or with a closed status the callbacks that ended so, newest first. */
  async list(
    tenantId: string,
    query: CallbackListQuery & { afterId: string | null; limit: number },
  ): Promise<{ data: Callback[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const { status, customerId, externalId, afterId } = query;
    const most = query.limit + 1;
    const isQueue =
      customerId === null && externalId === null && (status === null || status === 'queued' || status === 'claimed');
    const rows = isQueue
      ? await listOpenCallbacks(db, { status, afterId, most })
      : await listCallbacks(db, { ...query, most });
    const data = rows.slice(0, query.limit).map((row) => this.describe(db, row));
    return { data, next: rows.length > query.limit ? data.at(-1)!.id : null };
  }

  /** The callback that a reference stands for, or null. */
  async findByReference(tenantId: string, reference: string): Promise<CallbackRow | null> {
    return findCallbackByReference(this.databases.of(tenantId), reference);
  }

  /** @throws Refusal 404. */
  async find(db: TenantHandle, callbackId: string): Promise<CallbackWithKeyRow> {
    const id = fromTypeId('cbk', callbackId);
    const row = id === null ? null : await findCallback(db, id);
    if (!row) throw new Refusal('not-found');
    return row;
  }

  private async claimWithin(
    tx: TenantHandle,
    row: CallbackRow,
    key: CustomerKey,
    contactPointId: string,
    agent: ClaimingAgent,
    policy: PolicyVersion,
    signals: NumberSignalResult,
  ): Promise<Call> {
    const claimed = await claimCallback(tx, {
      id: row.id,
      agentId: agent.id,
      agentName: agent.name,
      claimSeconds: policy.policy.callbacks.claimSeconds,
      contactPointId,
      signals,
    });
    if (!claimed) throw await this.claimRefusal(tx, row, agent);
    if (claimed.lapsed_call_id) await this.calls.endWithin(tx, claimed.lapsed_call_id, agent.id);
    const call = await this.calls.declareCallback(
      tx,
      key,
      {
        customerId: row.customer_id,
        direction: 'outbound',
        channel: 'phone',
        line: agent.line,
        purpose: openFor(key, row.key_id, REASON, row.reason_sealed) ?? '',
        agent: { id: agent.id, name: agent.name, department: agent.department },
        verify: true,
        declaredBy: agent.id,
      },
      { changeId: row.change_id, display: displayOfCallback(key, row) },
      policy,
    );
    await attachCallToCallback(tx, { id: row.id, callId: fromTypeId('call', call.id)! });
    return call;
  }

  private async claimRefusal(tx: TenantHandle, { id }: CallbackRow, agent: ClaimingAgent): Promise<Refusal> {
    const now = await findCallback(tx, id);
    return new Refusal(now?.status === 'queued' && now.not_by.includes(agent.id) ? 'same-agent' : 'callback-not-due');
  }

  private async refuseNumberAtRisk(
    db: RequestDatabase,
    id: string,
    signals: NumberSignalResult,
    agentId: string,
  ): Promise<void> {
    if (signals.simSwap !== 'swapped' && signals.callForwarding !== 'active') return;
    await this.giveUp(db, id, 'number_at_risk', signals, agentId);
    throw new Refusal('number-at-risk');
  }

  private async giveUp(
    db: RequestDatabase,
    id: string,
    because: string,
    signals: NumberSignalResult | null,
    agentId: string,
  ): Promise<void> {
    await db.transaction(async (tx) => {
      const lapsedCallId = await giveUpCallback(tx, { id, because, signals });
      if (lapsedCallId) await this.calls.endWithin(tx, lapsedCallId, agentId);
    });
  }

  private keyOf(tenantId: string, row: CallbackWithKeyRow): CustomerKey | null {
    if (row.wrapped_key === null || row.customer_key_id === null) return null;
    return this.keys.unwrap(tenantId, row.customer_id, { key_id: row.customer_key_id, wrapped_key: row.wrapped_key });
  }

  private describe(db: TenantHandle, row: CallbackRow & Partial<CallbackWithKeyRow>): Callback {
    const key = row.wrapped_key ? this.keyOf(db.tenantId, row as CallbackWithKeyRow) : null;
    return describeCallback(row, key && openFor(key, row.key_id, REASON, row.reason_sealed));
  }

  private async retry<Result>(run: () => Promise<Result>): Promise<Result> {
    for (let round = 0; round < MOST_TRIES; round += 1) {
      try {
        return await run();
      } catch (error) {
        if (!isUniqueViolation(error, 'verifications_one_waiting') && !isUniqueViolation(error, 'calls_by_reference'))
          throw error;
      }
    }
    throw new Refusal('conflict');
  }
}
