import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { PROVIDED } from '../config/provided.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import { type CustomerKey, CustomerKeys, openFor } from '../customers/customer-keys.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { REPORT_CONTENT } from '../reports/reports.service.js';
import { DocumentSigner } from '../transparency/document-signer.js';
import type { Evidence } from '../transparency/evidence.js';
import { EvidenceService } from '../transparency/evidence.service.js';
import {
  readCalls,
  readChangesAsked,
  readCustomerEvents,
  type SealedEventRow,
} from '../transparency/evidence.store.js';
import { viewCall } from '../transparency/evidence.view.js';
import type { CheckpointRow } from '../transparency/log.store.js';
import { sealEvents, SealedReads, type SealedEvents } from '../transparency/sealed-events.js';
import { SigningKeys } from '../transparency/signing-keys.service.js';
import { endStalled } from '../upkeep/stalled-reader.js';
import {
  CLAIM_PURPOSE,
  CLAIM_TYPE,
  type ClaimedFile,
  type ClaimManifest,
  messagesIn,
  verdictsIn,
} from './claim-file.js';
import { type Chapter, chapterOf, claimPage } from './claim-page.js';
import { type ClaimReportRow, type ClaimRow, MOST, readReports } from './claims.store.js';
import { zipOf } from './zip.js';

const REPORTS_AT_ONCE = 50;

/** What a claim file begins with, of one moment. */
interface Timeline {
  readonly sealed: SealedEvents;
  /** The changes and verifications that something happened to, each once. */
  readonly decisions: readonly string[];
  /** The verifications among them that are about a change, by its id. */
  readonly questionsOf: ReadonlyMap<string, readonly string[]>;
  readonly reportIds: readonly string[];
  readonly calls: readonly object[];
  readonly key: CustomerKey | null;
}

/** A file before it is in the zip. */
interface Entry {
  readonly name: string;
  readonly text: string;
}

@Injectable()
export class ClaimFiles {
  constructor(
    private readonly databases: Databases,
    private readonly customerKeys: CustomerKeys,
    private readonly sealed: SealedReads,
    private readonly evidence: EvidenceService,
    private readonly signer: DocumentSigner,
    private readonly signingKeys: SigningKeys,
    private readonly clock: Clock,
    @Inject(PROVIDED.publicUrl) private readonly publicUrl: string,
  ) {}

  /**
   * The zip of a claim, as its reader takes it: one decision after the other, each read when the one before was taken.
   * @throws Refusal 503 where the log does not come up to date in time
   */
  async zip(tenantId: string, claimId: string, claim: ClaimRow): Promise<Readable> {
    const timeline = await this.sealed.whenSealed(tenantId, 'getClaim', (tx, checkpoint) =>
      this.readTimeline(tx, claim, checkpoint),
    );
    const entries = this.entries(tenantId, claimId, claim, timeline);
    return endStalled(Readable.from(zipOf(entries), { objectMode: false, highWaterMark: 1 }));
  }

  private async readTimeline(
    tx: TenantHandle,
    { customer_id: customerId, from_at: from, to_at: to }: ClaimRow,
    checkpoint: CheckpointRow | null,
  ): Promise<Timeline | null> {
    // What was still being written when the claim was made may have come since; a few more are no reason to refuse it now.
    const rows = await readCustomerEvents(tx, { customerId, from, to, most: MOST.events * 2 });
    const sealed = await sealEvents(tx, rows, checkpoint);
    if (!sealed) return null;
    const verifications = idsOf(rows, 'ver');
    const changes = await readChangesAsked(tx, verifications);
    const decisions = [
      ...new Set([
        ...verifications.map((id) => (changes.has(id) ? toTypeId('chg', changes.get(id)!) : toTypeId('ver', id))),
        ...idsOf(rows, 'chg').map((id) => toTypeId('chg', id)),
      ]),
    ].sort();
    const questionsOf = new Map<string, string[]>();
    for (const [id, change] of changes) {
      const about = toTypeId('chg', change);
      questionsOf.set(about, [...(questionsOf.get(about) ?? []), toTypeId('ver', id)].sort());
    }
    const key = (await this.customerKeys.findAll(tx, [customerId])).get(customerId) ?? null;
    const calls = (await readCalls(tx, unique(rows.flatMap(({ call_id }) => call_id ?? [])))).map((row) =>
      viewCall(row, key),
    );
    return { sealed, decisions, questionsOf, reportIds: idsOf(rows, 'rpt'), calls, key };
  }

  /** Every file of the zip with its hash in the manifest, which comes last. */
  private async *entries(
    tenantId: string,
    claimId: string,
    claim: ClaimRow,
    timeline: Timeline,
  ): AsyncGenerator<Entry> {
    const files: ClaimedFile[] = [];
    const chapters: Chapter[] = [];
    const withoutEvidence: string[] = [];
    const counted = (entry: Entry): Entry => {
      const bytes = Buffer.from(entry.text, 'utf8');
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      files.push({ name: entry.name, bytes: bytes.length, sha256 });
      return entry;
    };
    for (const id of timeline.decisions) {
      const produced = await this.produce(tenantId, id);
      if (!produced) {
        withoutEvidence.push(id, ...(timeline.questionsOf.get(id) ?? []));
        continue;
      }
      yield counted({ name: `evidence/${id}.jws`, text: produced.jws });
      for (const { id: shownId, display } of produced.evidence.verifications)
        if (display) yield counted({ name: `shown/${shownId}.json`, text: canonicalJson(display) });
      chapters.push(chapterOf(produced.evidence));
    }
    const reports: object[] = [];
    for await (const report of this.reports(tenantId, claim, timeline)) {
      yield counted({ name: `reports/${report.id}.json`, text: canonicalJson(report) });
      reports.push({ id: report.id, reportedAt: report.reportedAt, channel: report.channel });
    }
    const { events } = timeline.sealed;
    yield counted({ name: 'timeline.json', text: canonicalJson(timeline.sealed) });
    yield counted({ name: 'verdicts.json', text: canonicalJson(verdictsIn(events)) });
    yield counted({ name: 'messages.json', text: canonicalJson(messagesIn(events)) });
    yield counted({ name: 'calls.json', text: canonicalJson(timeline.calls) });
    yield counted({ name: 'jwks.json', text: canonicalJson({ keys: await this.signingKeys.list() }) });
    const about = {
      version: 1,
      iss: this.publicUrl,
      iat: Math.floor(this.clock.milliseconds() / 1000),
      tenant: tenantId,
      claim: claimId,
      customerId: claim.customer_id,
      from: claim.from_at.toISOString(),
      to: claim.to_at.toISOString(),
      purpose: CLAIM_PURPOSE,
      shredded: timeline.key === null,
      withoutEvidence,
    } as const;
    const page = { ...about, locale: claim.locale, chapters, events, calls: timeline.calls, reports };
    yield counted({ name: 'index.html', text: claimPage(page) });
    const manifest: ClaimManifest = { ...about, files };
    yield {
      name: 'manifest.jws',
      text: await this.signer.sign(tenantId, CLAIM_TYPE, canonicalJson(manifest)),
    };
  }

  /** Null where what began it is older than this bank keeps events. */
  private produce(tenantId: string, id: string): Promise<{ jws: string; evidence: Evidence } | null> {
    return this.evidence.produce(tenantId, id).catch((error: unknown) => {
      if (error instanceof Refusal && error.reason === 'not-found') return null;
      throw error;
    });
  }

  private async *reports(
    tenantId: string,
    { customer_id: customerId }: ClaimRow,
    { reportIds, key }: Timeline,
  ): AsyncGenerator<ReturnType<typeof viewReport>> {
    for (let at = 0; at < reportIds.length; at += REPORTS_AT_ONCE) {
      const ids = reportIds.slice(at, at + REPORTS_AT_ONCE);
      for (const row of await readReports(this.databases.of(tenantId), { customerId, ids })) yield viewReport(row, key);
    }
  }
}

function viewReport(row: ClaimReportRow, key: CustomerKey | null) {
  const content = openFor(key, row.key_id, REPORT_CONTENT, row.content_sealed);
  return {
    id: toTypeId('rpt', row.id),
    reference: row.reference,
    channel: row.channel,
    claimedNumber: row.claimed_number,
    claimedSender: row.claimed_sender,
    shared: row.shared,
    about: row.about,
    receivedAt: row.received_at?.toISOString() ?? null,
    reportedAt: row.reported_at.toISOString(),
    reportedBy: row.reported_by,
    content: content === null ? null : (JSON.parse(content) as object),
  };
}

function idsOf(rows: readonly SealedEventRow[], about: string): string[] {
  return unique(rows.flatMap((row) => (row.about === about && row.about_id !== null ? [row.about_id] : [])));
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
