import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { ChangesService } from '../changes/changes.service.js';
import { type CustomerKey, CustomerKeys } from '../customers/customer-keys.js';
import { isDropped } from '../events/event-partitions.store.js';
import { Clock } from '../database/clock.js';
import { fromTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { completePolicy, type PolicyDocument } from '../policy/policy.js';
import { VerificationsService } from '../verifications/verifications.service.js';
import { DocumentSigner } from './document-signer.js';
import { type Evidence, EVIDENCE_TYPE, PURPOSE } from './evidence.js';
import {
  type EvidenceChangeRow,
  type EvidenceVerificationRow,
  readCallbacks,
  readCalls,
  readChange,
  readEvents,
  readLetters,
  readPolicies,
  readVerifications,
  type SealedEventRow,
} from './evidence.store.js';
import { viewCall, viewChange, viewVerification } from './evidence.view.js';
import { verifyEvidence } from '@countersign/client';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import type { CheckpointRow } from './log.store.js';
import { sealEvents, SealedReads } from './sealed-events.js';
import { SigningKeys } from './signing-keys.service.js';

/** What an evidence is about. */
interface Subject {
  readonly name: string;
  readonly verificationId: string | null;
  readonly changeId: string | null;
}

interface Rows {
  readonly customerId: string;
  readonly change: EvidenceChangeRow | null;
  readonly verifications: readonly EvidenceVerificationRow[];
  readonly versions: readonly number[];
}

@Injectable()
export class EvidenceService {
  constructor(
    private readonly customerKeys: CustomerKeys,
    private readonly verifications: VerificationsService,
    private readonly changes: ChangesService,
    private readonly sealed: SealedReads,
    private readonly signer: DocumentSigner,
    private readonly signingKeys: SigningKeys,
    private readonly clock: Clock,
    @Inject(TRANSPARENCY) private readonly options: TransparencyOptions,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /**
   * Everything that proves what became of a verification or a change, signed: a compact JWS (RFC 7515) of type
   * `evidence+jws`, with each event's inclusion proof under a checkpoint. Waits until what has just happened is sealed.
   * @throws Refusal 404, or 503 where the log does not come up to date in time.
   */
  async produce(tenantId: string, subjectId: string): Promise<{ jws: string; evidence: Evidence }> {
    const subject = await this.find(tenantId, subjectId);
    const evidence = await this.sealed.whenSealed(tenantId, 'getEvidence', (tx, checkpoint) =>
      this.read(tx, subject, checkpoint),
    );
    const jws = await this.signer.sign(tenantId, EVIDENCE_TYPE, JSON.stringify(evidence));
    // Handed out all the same: whoever verifies it is told what does not hold.
    const failed = verifyEvidence(jws, await this.signingKeys.list()).filter(({ result }) => result === 'failed');
    if (failed.length > 0)
      this.logger.error(
        { tenant: tenantId, statements: failed.map(({ name }) => name) },
        'an evidence does not verify: the log or the events are damaged',
      );
    return { jws, evidence };
  }

  /** What is lapsed or due takes its step first, as for every reader. */
  private async find(tenantId: string, id: string): Promise<Subject> {
    if (id.startsWith('ver_')) {
      const { id: verificationId } = await this.verifications.get({ tenantId }, id);
      return { name: id, verificationId, changeId: null };
    }
    await this.changes.get({ tenantId }, id);
    return { name: id, verificationId: null, changeId: fromTypeId('chg', id) };
  }

  /** Null where an event is not under a checkpoint yet. */
  private async read(tx: TenantHandle, subject: Subject, checkpoint: CheckpointRow | null): Promise<Evidence | null> {
    const rows = await readRows(tx, subject);
    const [callbacks, letters] = rows.change
      ? [await readCallbacks(tx, rows.change.id), await readLetters(tx, rows.change.id)]
      : [[], []];
    const callIds = unique([...rows.verifications, ...callbacks].flatMap(({ call_id }) => call_id ?? []));
    const about = [
      ...rows.verifications.flatMap(({ id, device_id }) => [id, device_id ?? []].flat()),
      ...callIds,
      ...callbacks.map(({ id }) => id),
      ...(rows.change ? [rows.change.id] : []),
    ];
    const events = await readEvents(tx, {
      customerId: rows.customerId,
      subjects: unique(about),
      versions: rows.versions,
    });
    await requireKept(tx, rows.change?.id ?? rows.verifications[0]!.id, events);
    const sealed = await sealEvents(tx, events, checkpoint);
    if (!sealed) return null;
    const key = await this.keyOf(tx, rows);
    const policies = new Map(
      (await readPolicies(tx, rows.versions)).map(({ version, document }) => [version, document]),
    );
    return {
      version: 1,
      iss: this.options.publicUrl,
      iat: Math.floor(this.clock.milliseconds() / 1000),
      tenant: tx.tenantId,
      subject: subject.name,
      customerId: rows.customerId,
      purpose: PURPOSE,
      shredded: key === null,
      verifications: rows.verifications.map((row) => viewVerification(row, key)),
      change: rows.change && viewChange(rows.change, callbacks, letters, key),
      calls: (await readCalls(tx, callIds)).map((row) => viewCall(row, key)),
      policies: rows.versions.map((version) => ({
        version,
        document: policies.get(version) ?? {},
        inForce: completePolicy((policies.get(version) ?? {}) as PolicyDocument),
      })),
      ...sealed,
    };
  }

  /** The customer's key, or null where it is not the one that this was sealed under: that one is destroyed. */
  private async keyOf(tx: TenantHandle, rows: Rows): Promise<CustomerKey | null> {
    const key = (await this.customerKeys.findAll(tx, [rows.customerId])).get(rows.customerId);
    return key?.keyId === (rows.change ?? rows.verifications[0]!).key_id ? key : null;
  }
}

async function readRows(tx: TenantHandle, { verificationId, changeId }: Subject): Promise<Rows> {
  const change = changeId === null ? null : await readChange(tx, changeId);
  const verifications = await readVerifications(tx, { id: verificationId, changeId });
  const first = change ?? verifications[0];
  if (!first) throw new Refusal('not-found');
  return {
    customerId: first.customer_id,
    change,
    verifications,
    versions: unique([...(change ? [change] : []), ...verifications].map((row) => row.policy_version)).sort(
      (a, b) => a - b,
    ),
  };
}

/** What begins a verification or a change is older than all else about it, and is the first to be dropped. @throws Refusal 404 where it was. */
async function requireKept(tx: TenantHandle, subjectId: string, events: readonly SealedEventRow[]): Promise<void> {
  const begun = events.some(
    ({ about_id, type }) =>
      about_id === subjectId &&
      (type === 'countersign.verification.started' || type === 'countersign.change.requested'),
  );
  if (!begun && (await isDropped(tx, subjectId)))
    throw new Refusal('not-found', { detail: 'Its events are older than this bank keeps them.' });
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
