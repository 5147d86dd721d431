import { Inject, Injectable } from '@nestjs/common';
import type { ModulusWeights } from '../readers/uk-modulus-weights.js';
import { CallbacksService } from '../callbacks/callbacks.service.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { type CustomerKey, CustomerKeys, commitFor, openFor, sealFor } from '../customers/customer-keys.js';
import type { PayeeCheck } from '../payee-checks/payee-check.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { generateReference } from '../ids/reference.js';
import {
  isUniqueViolation,
  type RequestDatabase,
  type TenantHandle,
  type WorkHandle,
} from '../database/tenant-database.js';
import { neverAskFor } from '../policy/own-words.js';
import { PolicyService, type PolicyVersion } from '../policy/policy.service.js';
import type { AskedThrough, ChangeSubject } from '../policy/policy.js';
import type { Display } from '../verifications/display.js';
import { VerificationsService } from '../verifications/verifications.service.js';
import { type Details, findingsOn, fingerprint, isSame, readDetails } from './change-details.js';
import type { ChangeRules } from './change.policy.js';
import { type ChangeFinding, isAboveLimit, requiredProofs } from './change-rules.policy.js';
import type { SettlementRow } from './change-settlement.store.js';
import { ChangeSettlementService } from './change-settlement.service.js';
import { DETAILS, displayOf, maskedOf } from './change-details-shown.js';
import { type Change, describeChange, type SealedDetails } from './change.view.js';
import {
  askAboutChange,
  type ChangeListQuery,
  type ChangeRow,
  type ChangeWithKeyRow,
  findChange,
  findChangeByReference,
  holdChange,
  listChangeIds,
  readRequestFacts,
  recordChangeCheck,
} from './changes.store.js';
import { noticeWords } from './notice-words.js';

export interface ChangeRequest {
  readonly customerId: string;
  readonly subject: ChangeSubject;
  readonly before?: unknown;
  readonly after: unknown;
  readonly askedThrough: AskedThrough;
  readonly atRisk?: { readonly amount: number; readonly currency: string };
  readonly externalId?: string;
  readonly externalSystem?: string;
}

interface WantedDetails {
  readonly before: Details | null;
  readonly after: Details;
  readonly findings: readonly ChangeFinding[];
}

const MOST_TRIES = 8;

@Injectable()
export class ChangesService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly verifications: VerificationsService,
    private readonly callbacks: CallbacksService,
    private readonly settlement: ChangeSettlementService,
    @Inject(PROVIDED.modulusWeights) private readonly weights: ModulusWeights,
    @Inject(PROVIDED.payeeCheck) private readonly payeeCheck: PayeeCheck,
  ) {}

  /**
   * Holds a change of banking details until the proofs are in that policy asks for now; later policies do not touch it.
   * The question in the app and the callback begin by themselves.
   * @throws Refusal 400 or 422 for the details, 422 where nothing changes.
   */
  async request(caller: Requester, request: ChangeRequest, askedBy: string): Promise<Change> {
    const db = this.databases.of(caller);
    const policy = await this.policies.current(db.tenantId);
    const context = { weights: this.weights, defaultCountry: policy.policy.defaultCountry };
    const after = readDetails(request.subject, request.after, '#/after', context);
    const before =
      request.before === undefined ? null : readDetails(request.subject, request.before, '#/before', context);
    if (before && isSame(before, after)) throw new Refusal('nothing-changes');
    const findings = findingsOn(after);
    const rules = await this.rulesFor(db, request, findings, policy);
    const payee = 'holder' in after ? await db.outside(() => this.payeeCheck.check(after)) : null;
    await this.keys.ensure(db, request.customerId);
    const id = await this.retry(() =>
      db.transaction(async (tx) => {
        const held = await this.holdWithin(tx, request, { before, after, findings }, rules, askedBy, policy);
        if (payee) await recordChangeCheck(tx, held, 'payee', payee);
        return held;
      }),
    );
    return this.get(caller, toTypeId('chg', id));
  }

  /** A change as it stands now, after any step that its state asks for. @throws Refusal 404. */
  async get(caller: Requester, changeId: string): Promise<Change> {
    const db = this.databases.of(caller);
    const { id } = await this.find(db, changeId);
    const [change] = await this.describeAll(db, [id]);
    return change!;
  }

  async list(
    tenantId: string,
    query: ChangeListQuery & { limit: number },
  ): Promise<{ data: Change[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const ids = await listChangeIds(db, { ...query, most: query.limit + 1 });
    const data = await this.describeAll(db, ids.slice(0, query.limit));
    return { data, next: ids.length > query.limit ? toTypeId('chg', ids[query.limit - 1]!) : null };
  }

  /** Asks the customer in the app again. @throws Refusal 404; 409 where it is not held; 422 `no-device`, 423, 429. */
  async askAgain(caller: Requester, changeId: string, author: string): Promise<Change> {
    const db = this.databases.of(caller);
    const row = await this.find(db, changeId);
    const policy = await this.policies.current(db.tenantId);
    const { key, sealed } = this.openDetails(db.tenantId, row);
    const outcome = await this.retry(() => this.askWithin(db, row, key, sealed, author, policy));
    if (!outcome.held) throw new Refusal('change-closed');
    if (outcome.decision === 'no_device') throw new Refusal('no-device');
    if (outcome.decision === 'locked') throw new Refusal('locked');
    if (outcome.decision === 'push_budget')
      throw new Refusal('push-budget', { retryAfterSeconds: Math.max(1, outcome.retry_after ?? 60) });
    return this.get(caller, changeId);
  }

  /** Queues another callback where the one before came to nothing. @throws Refusal 404, 409, 422. */
  async callAgain(caller: Requester, changeId: string, author: string): Promise<Change> {
    const db = this.databases.of(caller);
    const row = await this.find(db, changeId);
    const policy = await this.policies.current(db.tenantId);
    const { sealed } = this.openDetails(db.tenantId, row);
    await db.transaction(async (tx) => {
      const held = await this.settlement.lockHeld(tx, row.id);
      if (!held || held.callback_open || held.callback_at)
        throw new Refusal('change-closed', { detail: 'The change is not held, or its callback is open or made.' });
      await this.queueCallback(tx, row, sealed, author, policy, held.approved_by);
    });
    return this.get(caller, changeId);
  }

  /** The change that a reference stands for, as it stands now, or null. */
  async findByReference(tenantId: string, reference: string): Promise<SettlementRow | null> {
    const db = this.databases.of(tenantId);
    const row = await findChangeByReference(db, reference);
    return row ? (await this.settlement.read(db, [row.id]))[0]! : null;
  }

  /** The row of a change. @throws Refusal 404. */
  async find(db: TenantHandle, changeId: string): Promise<ChangeWithKeyRow> {
    const id = fromTypeId('chg', changeId);
    const row = id === null ? null : await findChange(db, id);
    if (!row) throw new Refusal('not-found');
    return row;
  }

  private async rulesFor(
    db: RequestDatabase,
    request: ChangeRequest,
    findings: readonly ChangeFinding[],
    { policy }: PolicyVersion,
  ): Promise<ChangeRules> {
    const ages = { deviceAgeSeconds: policy.device.ageSeconds, contactAgeSeconds: policy.contact.ageSeconds };
    const facts = await readRequestFacts(db, { customerId: request.customerId, ...ages });
    const proofs = requiredProofs(
      {
        subject: request.subject,
        askedThrough: request.askedThrough,
        hasTrustedDevice: facts.has_trusted_device,
        hasOldNumber: facts.has_old_number,
        aboveLimit: isAboveLimit(request.atRisk ?? null, policy.changes.secondAgentAbove),
        findings,
      },
      policy.changes.rules,
    );
    return { proofs, coolingOffSeconds: policy.changes.coolingOffSeconds, ...ages };
  }

  private async holdWithin(
    tx: WorkHandle,
    request: ChangeRequest,
    { before, after, findings }: WantedDetails,
    rules: ChangeRules,
    askedBy: string,
    policy: PolicyVersion,
  ): Promise<string> {
    const key = await this.keys.ensure(tx, request.customerId);
    const sealed: SealedDetails = { before, after, ...fingerprint(after) };
    const reference = generateReference('change');
    const id = newId('chg').uuid;
    const row = await holdChange(tx, {
      id,
      reference,
      customerId: request.customerId,
      keyId: key.keyId,
      subject: request.subject,
      askedThrough: request.askedThrough,
      askedBy,
      detailsSealed: sealFor(key, DETAILS, JSON.stringify(sealed)),
      detailsCommitment: commitFor(key, DETAILS, id, canonicalJson(sealed)),
      atRiskAmount: request.atRisk?.amount ?? null,
      atRiskCurrency: request.atRisk?.currency ?? null,
      externalId: request.externalId ?? null,
      externalSystem: request.externalSystem ?? null,
      rules,
      findings,
      policyVersion: policy.version,
      expirySeconds: policy.policy.changes.expirySeconds,
      tell: noticeWords('requested', request.subject, reference),
    });
    if (!row) {
      this.keys.forget(tx.tenantId, request.customerId);
      throw new Refusal('conflict');
    }
    if (rules.proofs.includes('app')) await this.askWithin(tx, row, key, sealed, askedBy, policy);
    if (rules.proofs.includes('callback')) await this.queueCallback(tx, row, sealed, askedBy, policy, null);
    return row.id;
  }

  private askWithin(
    db: TenantHandle,
    row: ChangeRow,
    key: CustomerKey,
    sealed: SealedDetails,
    author: string,
    policy: PolicyVersion,
  ): ReturnType<typeof askAboutChange> {
    const display: Display = {
      question: 'did_you_ask_for_this_change',
      ...displayOf(row, sealed),
      neverAsk: neverAskFor(policy.policy, [key.locale ?? null]),
    };
    const { toStart } = this.verifications.prepare(db.tenantId, key, {
      kind: 'change',
      startedBy: author,
      policy,
      display,
    });
    return askAboutChange(db, { changeId: row.id, customerId: row.customer_id, keyId: key.keyId }, toStart);
  }

  private async queueCallback(
    tx: WorkHandle,
    row: ChangeRow,
    sealed: SealedDetails,
    author: string,
    policy: PolicyVersion,
    approvedBy: string | null,
  ): Promise<void> {
    const notBy = [row.asked_by, ...(approvedBy ? [approvedBy] : [])];
    const request = { reason: 'To confirm a change that was asked for', notAfter: row.expires_at.toISOString() };
    await this.callbacks.queueWithin(tx, row.customer_id, request, author, policy, {
      changeId: row.id,
      display: displayOf(row, sealed),
      notBy,
      contactAgeSeconds: row.rules.contactAgeSeconds,
    });
  }

  private async describeAll(db: RequestDatabase, ids: readonly string[]): Promise<Change[]> {
    const rows = await this.settlement.read(db, ids);
    const customers = await this.keys.findAll(db, [...new Set(rows.map((row) => row.customer_id))]);
    return rows.map((row) => describeChange(row, maskedOf(customers.get(row.customer_id) ?? null, row)));
  }

  private openDetails(tenantId: string, row: ChangeWithKeyRow): { key: CustomerKey; sealed: SealedDetails } {
    const key =
      row.wrapped_key && row.customer_key_id
        ? this.keys.unwrap(tenantId, row.customer_id, { key_id: row.customer_key_id, wrapped_key: row.wrapped_key })
        : null;
    const text = openFor(key, row.key_id, DETAILS, row.details_sealed);
    if (!key || text === null) throw new Refusal('change-closed');
    return { key, sealed: JSON.parse(text) as SealedDetails };
  }

  private async retry<Result>(run: () => Promise<Result>): Promise<Result> {
    for (let round = 0; round < MOST_TRIES; round += 1) {
      try {
        return await run();
      } catch (error) {
        const taken = ['verifications_one_waiting', 'changes_by_reference', 'callbacks_by_reference'].some((index) =>
          isUniqueViolation(error, index),
        );
        if (!taken && !(error instanceof Refusal && error.reason === 'conflict')) throw error;
      }
    }
    throw new Refusal('conflict');
  }
}
