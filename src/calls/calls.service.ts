import { Injectable } from '@nestjs/common';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { toE164 } from '../readers/number.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { generateReference } from '../ids/reference.js';
import { isUniqueViolation, type TenantHandle, type WorkHandle } from '../database/tenant-database.js';
import { PolicyService, type PolicyVersion } from '../policy/policy.service.js';
import type { Direction } from '../verifications/answer.policy.js';
import { callDisplay } from '../verifications/display.js';
import type { StartDecision } from '../verifications/verification-start.store.js';
import { type VerificationSummary, VerificationsService } from '../verifications/verifications.service.js';
import type { Agent } from './agent.policy.js';
import {
  type CallRow,
  type CallWithKeyRow,
  declareCall,
  type DeclaredRow,
  endCall,
  findCall,
  findCallByReference,
  listCalls,
  type StartedColumns,
  startVerificationInCall,
} from './calls.store.js';

export interface CallDeclaration {
  readonly customerId: string;
  readonly direction: Direction;
  readonly line?: string;
  readonly purpose: string;
  readonly agent: Agent;
  readonly verify: boolean;
  readonly declaredBy: string;
}

/** What a callback adds to the question: what it is about, and which change an answer vouches for. */
export interface CallbackToShow {
  readonly changeId: string | null;
  readonly display: Readonly<Record<string, unknown>>;
}

export type VerificationUnavailable = Exclude<StartDecision, 'ask'>;

export interface Call {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly direction: Direction;
  readonly state: 'live' | 'ended';
  readonly line: string | null;
  /** Null once the customer was shredded. */
  readonly purpose: string | null;
  readonly agent: Agent;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly expiresAt: string;
  readonly relaySuspectedAt: string | null;
  readonly verification: VerificationSummary | null;
  readonly verificationUnavailable?: VerificationUnavailable;
}

export const PURPOSE = 'calls.purpose';
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
   * Starts a verification in a live call; what was waiting for the customer is cancelled.
   * @throws Refusal 404, 409 where the call has ended, 422 `no-device`, 423 `locked`, 429 `push-budget`.
   */
  async startVerification(caller: Requester, callId: string, startedBy: string): Promise<VerificationSummary> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const call = await this.find(db, callId);
    if (!call.live) throw new Refusal('call-ended');
    const policy = await this.policies.current(tenantId);
    const { row, code } = await this.retry(db, call.customer_id, async (key) => {
      const purpose = openFor(key, call.key_id, PURPOSE, call.purpose_sealed) ?? '';
      const { toStart, code } = this.verifications.prepare(tenantId, key, {
        kind: 'call',
        startedBy,
        policy,
        display: callDisplay(
          { direction: call.direction, agentName: call.agent_name, department: call.agent_department, purpose },
          policy.policy.neverAsk,
        ),
      });
      return {
        row: await startVerificationInCall(
          db,
          { callId: call.id, customerId: call.customer_id, keyId: key.keyId },
          toStart,
        ),
        code,
      };
    });
    if (!row.call_live) throw new Refusal('call-ended');
    db.afterCommit(() => this.tail.wake(tenantId));
    const verification = startedSummary(row, code);
    if (!verification) throw startRefusal(row.decision as VerificationUnavailable, row.retry_after);
    return verification;
  }

  /** @throws Refusal 404, or 409 where it has ended already. */
  async end(caller: Requester, callId: string, author: string): Promise<Call> {
    const db = this.databases.of(caller);
    const { id } = await this.find(db, callId);
    if (!(await db.transaction((transaction) => endCall(transaction, id, author)))) throw new Refusal('call-ended');
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return this.get(caller, callId);
  }

  async get(caller: Requester, callId: string): Promise<Call> {
    const db = this.databases.of(caller);
    const [call] = await this.describeAll(db, [await this.find(db, callId)]);
    return call!;
  }

  async list(
    tenantId: string,
    query: { customerId: string | null; live: boolean | null; before: string | null; limit: number },
  ): Promise<{ data: Call[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const rows = await listCalls(db, {
      customerId: query.customerId,
      live: query.live,
      before: query.before,
      most: query.limit + 1,
    });
    const data = await this.describeAll(db, rows.slice(0, query.limit));
    return { data, next: rows.length > query.limit ? data.at(-1)!.id : null };
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
  async findByReference(tenantId: string, reference: string): Promise<CallRow | null> {
    return findCallByReference(this.databases.of(tenantId), reference);
  }

  /** Ends a call inside a transaction; no error where it has ended already. */
  async endWithin(db: TenantHandle, callUuid: string, author: string): Promise<void> {
    await endCall(db, callUuid, author);
  }

  private async declareOnce(
    db: TenantHandle,
    key: CustomerKey,
    declaration: CallDeclaration,
    line: string | null,
    policy: PolicyVersion,
    callback: CallbackToShow | null,
  ): Promise<{ row: DeclaredRow & Partial<StartedColumns>; code?: string }> {
    const { agent, customerId, direction, purpose } = declaration;
    const display = {
      ...callDisplay(
        { direction, agentName: agent.name, department: agent.department, purpose },
        policy.policy.neverAsk,
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
    const row = await declareCall(
      db,
      {
        id: newId('call').uuid,
        reference: generateReference('call'),
        customerId,
        keyId: key.keyId,
        direction,
        line,
        purposeSealed: sealFor(key, PURPOSE, purpose),
        agentId: agent.id,
        agentName: agent.name,
        agentDepartment: agent.department,
        declaredBy: declaration.declaredBy,
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

/** @throws Refusal 400 for what is not a number. */
function readLine({ line }: CallDeclaration, { policy }: PolicyVersion): string | null {
  if (line === undefined) return null;
  const number = toE164(line, policy.defaultCountry);
  if (number === null) throw invalidField('#/line', 'must be a phone number, best in E.164 such as +442079460100');
  return number;
}

function describeCall(row: CallRow, purpose: string | null): Omit<Call, 'verification'> {
  return {
    id: toTypeId('call', row.id),
    reference: row.reference,
    customerId: row.customer_id,
    direction: row.direction,
    state: row.live ? 'live' : 'ended',
    line: row.line,
    purpose,
    agent: { id: row.agent_id, name: row.agent_name, department: row.agent_department },
    startedAt: row.started_at.toISOString(),
    endedAt: (row.ended_at ?? (row.live ? null : row.expires_at))?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
    relaySuspectedAt: row.relay_suspected_at?.toISOString() ?? null,
  };
}

/** @throws Refusal 422 where the line is not the bank's, or one that never calls out. */
function declaredCall(
  row: DeclaredRow & Partial<StartedColumns>,
  code: string | undefined,
  declaration: CallDeclaration,
): Call {
  if (row.id === null) throw new Refusal(row.line_use === 'inbound_only' ? 'line-inbound-only' : 'line-not-registered');
  const verification = startedSummary(row, code);
  return {
    ...describeCall(row as CallRow, declaration.purpose),
    verification,
    ...(declaration.verify && !verification
      ? { verificationUnavailable: row.decision as VerificationUnavailable }
      : {}),
  };
}

function startedSummary(row: Partial<StartedColumns>, code: string | undefined): VerificationSummary | null {
  if (!row.verification_id || !code) return null;
  return {
    id: toTypeId('ver', row.verification_id),
    status: 'waiting',
    code,
    expiresAt: row.verification_expires_at!.toISOString(),
    attemptsLeft: row.attempts_left!,
  };
}

function startRefusal(decision: VerificationUnavailable, retryAfter: number | null): Refusal {
  if (decision === 'no_device') return new Refusal('no-device');
  if (decision === 'locked') return new Refusal('locked');
  return new Refusal('push-budget', { retryAfterSeconds: Math.max(1, retryAfter ?? 60) });
}
