import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson } from '../crypto/canonical-json.js';
import { codeMac, generateCode } from '../crypto/code.js';
import { secureRandom } from '../crypto/random.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { type CustomerKey, CustomerKeys, commitFor, openFor, sealFor } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle, WorkHandle } from '../database/tenant-database.js';
import type { PolicyVersion } from '../policy/policy.service.js';
import { type Display, type VerificationKind, withTime } from './display.js';
import type { Status } from './verification.machine.js';
import { startLimits, type VerificationToStart } from './verification-start.store.js';
import {
  cancelVerification,
  type CustomerVerificationRow,
  findVerification,
  lapseVerifications,
  listOfCalls,
  listOfCustomer,
  listVerifications,
  reportWaitingVerifications,
  type VerificationRow,
} from './verifications.store.js';
import { findOne, listWaiting } from './verifications-together.store.js';

export const DISPLAY = 'verifications.display';

/** What the customer's app gets to show, and to sign. */
export interface ShownVerification {
  readonly id: string;
  readonly kind: VerificationKind;
  readonly status: string;
  readonly display: Display;
  readonly challenge: string;
  readonly asks: readonly string[];
  readonly expiresAt: string;
  readonly attemptsLeft: number;
}

/** A verification as the bank sees it. The code is there only in the answer that started it. */
export interface VerificationSummary {
  readonly id: string;
  readonly status: string;
  readonly code?: string;
  readonly expiresAt: string;
  readonly attemptsLeft: number;
}

@Injectable()
export class VerificationsService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly tail: EventTail,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
  ) {}

  /** Draws up a question, ready to be started by a statement that holds START_VERIFICATION. One about a call has a code. */
  prepare(
    tenantId: string,
    key: CustomerKey,
    what: { kind: VerificationKind; display: Display; startedBy: string; policy: PolicyVersion },
  ): { toStart: VerificationToStart; code: string } {
    const { uuid } = newId('ver');
    const code = generateCode();
    const asksCode = what.kind !== 'change';
    const limits = startLimits(what.policy.version, what.policy.policy);
    return {
      code,
      toStart: {
        verificationId: uuid,
        kind: what.kind,
        displaySealed: sealFor(key, DISPLAY, JSON.stringify(what.display)),
        displayCommitment: commitFor(key, DISPLAY, uuid, canonicalJson(what.display)),
        challenge: secureRandom(32).toString('base64url'),
        asks: asksCode ? ['answer', 'code'] : ['answer'],
        codeMac: asksCode
          ? this.serverKeys.make((keys) => codeMac(keys.codeMac, { tenantId, verificationId: uuid, code }))
          : null,
        startedBy: what.startedBy,
        policyVersion: limits.policyVersion,
        attemptsAllowed: limits.attemptsAllowed,
        verificationSeconds: asksCode ? limits.verificationSeconds : what.policy.policy.changes.answerSeconds,
        promptsPerMinute: limits.promptsPerMinute,
        promptsSinceConfirmed: limits.promptsSinceConfirmed,
      },
    };
  }

  /** A customer's verifications, newest first. A customer who does not exist has none. */
  async listOfCustomer(
    tenantId: string,
    customerId: string,
    status: string | null,
    before: string | null,
    limit: number,
  ): Promise<{ data: ShownVerification[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const query = { customerId, status, before, most: limit + 1 };
    let rows = await (status === 'waiting' && before === null ? listWaiting(db, query) : listOfCustomer(db, query));
    if (await this.lapse(db, rows)) rows = await listOfCustomer(db, query);
    const page = rows
      .slice(0, limit)
      .filter((row): row is CustomerVerificationRow & VerificationRow => row.id !== null);
    return {
      data: page.map((row) => this.show(tenantId, row)),
      next: rows.length > limit ? toTypeId('ver', page.at(-1)!.id) : null,
    };
  }

  /** Verifications as the bank sees them, newest first. */
  async list(
    tenantId: string,
    query: { customerId: string | null; status: Status | null; before: string | null; limit: number },
  ): Promise<{ rows: VerificationRow[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const { limit, ...which } = query;
    const ask = (): Promise<VerificationRow[]> => listVerifications(db, { ...which, most: limit + 1 });
    let rows = await ask();
    if (await this.lapse(db, rows)) rows = await ask();
    return { rows: rows.slice(0, limit), next: rows.length > limit ? toTypeId('ver', rows[limit - 1]!.id) : null };
  }

  /** @throws Refusal 404 where the tenant has no such verification. */
  async get(caller: Requester, verificationId: string): Promise<VerificationRow> {
    const db = this.databases.of(caller);
    const id = fromTypeId('ver', verificationId);
    let row = id === null ? null : await findOne(db, id);
    if (row && (await this.lapse(db, [row]))) row = await findVerification(db, row.id);
    if (!row) throw new Refusal('not-found');
    return row;
  }

  /** @throws Refusal 404, 403 where it was asked in another agent's call than `owner`'s, or 409 where it is closed. */
  async cancel(
    caller: Requester,
    verificationId: string,
    { author, owner }: { author: string; owner: string | null },
  ): Promise<VerificationRow> {
    const db = this.databases.of(caller);
    const row = await this.get(caller, verificationId);
    const { theirs, cancelled } = await cancelVerification(db, { id: row.id, author, owner });
    if (!theirs) throw new Refusal('not-your-call');
    const after = await this.get(caller, verificationId);
    if (!cancelled) throw new Refusal('verification-closed', { verificationStatus: after.status });
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return after;
  }

  /** Ends whatever waits for a customer who has reported fraud, inside a transaction that has locked the customer. */
  async reportWaiting(tx: TenantHandle, customerId: string): Promise<void> {
    await reportWaitingVerifications(tx, customerId);
  }

  /** The newest verification of each of the given calls. */
  async newestOfCalls(db: WorkHandle, callIds: readonly string[]): Promise<Map<string, VerificationSummary>> {
    let rows = await listOfCalls(db, callIds);
    if (await this.lapse(db, rows)) rows = await listOfCalls(db, callIds);
    const newest = new Map<string, VerificationSummary>();
    for (const row of rows) if (row.call_id && !newest.has(row.call_id)) newest.set(row.call_id, summarise(row));
    return newest;
  }

  /** The display of a verification, or null where the customer was shredded. */
  openDisplay(
    key: CustomerKey | null,
    row: Pick<VerificationRow, 'kind' | 'key_id' | 'display_sealed' | 'display_time'>,
  ): Display | null {
    const sealed = openFor(key, row.key_id, DISPLAY, row.display_sealed);
    return sealed === null ? null : withTime(row.kind, JSON.parse(sealed) as Display, row.display_time);
  }

  private show(tenantId: string, row: CustomerVerificationRow & VerificationRow): ShownVerification {
    const key = this.keys.unwrap(tenantId, row.customer_id, {
      key_id: row.customer_key_id,
      wrapped_key: row.wrapped_key,
    });
    return {
      id: toTypeId('ver', row.id),
      kind: row.kind,
      status: row.status,
      display: this.openDisplay(key, row) ?? {},
      challenge: row.challenge,
      asks: row.asks,
      expiresAt: row.expires_at.toISOString(),
      attemptsLeft: attemptsLeft(row),
    };
  }

  private async lapse(
    db: WorkHandle,
    rows: readonly { id: string | null; lapsed: boolean | null }[],
  ): Promise<boolean> {
    const due = rows.filter((row) => row.lapsed).map((row) => row.id!);
    if (due.length === 0) return false;
    await lapseVerifications(db, due);
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return true;
  }
}

/** How many wrong codes in a row the customer still has. */
export function attemptsLeft(row: Pick<VerificationRow, 'attempts_allowed' | 'code_failures'>): number {
  return Math.max(0, row.attempts_allowed - (row.code_failures ?? 0));
}

export function summarise(row: VerificationRow): VerificationSummary {
  return {
    id: toTypeId('ver', row.id),
    status: row.status,
    expiresAt: row.expires_at.toISOString(),
    attemptsLeft: attemptsLeft(row),
  };
}
