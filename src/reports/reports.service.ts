import { Inject, Injectable } from '@nestjs/common';
import { ChangeSettlementService } from '../changes/change-settlement.service.js';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import { NoticesService } from '../notices/notices.service.js';
import { Databases, type Requester } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import { fromTypeId, toTypeId } from '../ids/ids.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { generateReference } from '../ids/reference.js';
import {
  isDatabaseUnavailable,
  isUniqueViolation,
  type RequestDatabase,
  type TenantHandle,
} from '../database/tenant-database.js';
import { type Advice, adviceFor, type CampaignNotice, campaignNotice, type Locales } from '../policy/advice.js';
import { PolicyService } from '../policy/policy.service.js';
import type { Policy } from '../policy/policy.js';
import { VerificationsService } from '../verifications/verifications.service.js';
import type { CampaignFacts } from './campaigns.store.js';
import { CampaignsService } from './campaigns.service.js';
import { type ReadContact, readClaimedNumber, readContact } from './indicators.js';
import { adviceAfterSharing, type Shared } from './report-advice.policy.js';
import { describeReport, idsBetween, type Report, type ReportInFull, type SealedContent } from './report.view.js';
import {
  findReport,
  findReportByReference,
  listReports,
  lockReportingCustomer,
  recordReport,
  type ReportFilter,
  type ReportToRecord,
  type ReportWithKeyRow,
} from './reports.store.js';

export interface ReportToMake {
  readonly channel: string;
  readonly claimedNumber?: string;
  readonly claimedSender?: string;
  readonly text?: string;
  readonly links?: readonly string[];
  readonly receivedAt?: string;
  readonly shared?: readonly Shared[];
  readonly lost?: { readonly amount: number; readonly currency: string };
  readonly about?: string;
}

/** Who sends a report in: the app, or an agent, who has the customer on the phone. */
export interface ReportAuthor {
  readonly subject: string;
  readonly isAgent: boolean;
  /** Those that the request asks for. */
  readonly languages: readonly string[];
}

export interface ReportAnswered {
  readonly id: string;
  readonly reference: string;
  readonly advice: Advice;
  readonly campaign?: CampaignNotice;
}

/** Which reports, as a query names them. */
export interface ReportQueryValues {
  readonly campaign: string | null;
  readonly number: string | null;
  readonly customerId: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** The sealing context of a report's content. */
export const REPORT_CONTENT = 'reports.content';
const MOST_STEPS = 8;
const MOST_TRIES = 8;

@Injectable()
export class ReportsService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly verifications: VerificationsService,
    private readonly changes: ChangeSettlementService,
    private readonly campaigns: CampaignsService,
    private readonly notices: NoticesService,
    private readonly tail: EventTail,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
    private readonly replica: ReplicaReads,
  ) {}

  /**
   * Takes a report. In the same transaction, whatever waits for that customer ends as reported and their held changes
   * are refused. Then it is compared with others; a report is taken even where that fails.
   * @throws Refusal 429 where the customer has made as many as policy takes in a day.
   */
  async report(
    caller: Requester,
    customerId: string,
    given: ReportToMake,
    author: ReportAuthor,
  ): Promise<ReportAnswered> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const { policy } = await this.policies.current(tenantId);
    const known = await this.notices.knownHosts(tenantId);
    const contact = readContact(
      given,
      policy.defaultCountry,
      (band) => lookupHash(this.serverKeys.wording, tenantId, 'wording', band).subarray(0, 12).toString('base64url'),
      known,
    );
    const { id, reference, locale } = await this.record(db, customerId, given, contact, author, policy);
    const locales = [locale, ...author.languages];
    db.afterCommit(() => this.tail.wake(tenantId));
    const answer = { id: toTypeId('rpt', id), reference, advice: adviceOn(given, policy, locales) };
    // Of reports that come at once, the one that looks last must see them all.
    await db.commitWith(answer);
    const campaign = await this.cluster(tenantId, id, contact);
    return {
      ...answer,
      ...(campaign
        ? {
            campaign: campaignNotice(
              'campaign_report',
              { since: campaign.first_seen_at, customers: campaign.reach, now: campaign.now },
              policy,
              locales,
            ),
          }
        : {}),
    };
  }

  /** Reports, newest first. @throws Refusal 400 for a campaign or a number that is none. */
  async list(
    tenantId: string,
    query: ReportQueryValues,
    before: string | null,
    limit: number,
  ): Promise<{ data: Report[]; next: string | null }> {
    const filter = await this.filter(tenantId, query);
    const toId = before === null || before > filter.toId ? filter.toId : before;
    const db = this.databases.of(tenantId);
    const ask = (handle: TenantHandle): Promise<ReportWithKeyRow[]> =>
      listReports(handle, { ...filter, toId }, limit + 1);
    const rows = await this.replica.read(db, 'listReports', ask, () => ask(db));
    const data = rows.slice(0, limit).map((row) => describeReport(row, this.open(tenantId, row)));
    return { data, next: rows.length > limit ? data.at(-1)!.id : null };
  }

  /** @throws Refusal 404. */
  async get(tenantId: string, reportId: string): Promise<ReportInFull> {
    const id = fromTypeId('rpt', reportId);
    const row = id === null ? null : await findReport(this.databases.of(tenantId), id);
    if (!row) throw new Refusal('not-found');
    const content = this.open(tenantId, row);
    return { ...describeReport(row, content), text: content?.text ?? null, links: content?.links ?? [] };
  }

  /** When the report with this reference was made, or null. */
  async findByReference(
    tenantId: string,
    reference: string,
  ): Promise<{ reported_at: Date; customer_id: string } | null> {
    return findReportByReference(this.databases.of(tenantId), reference);
  }

  /** The filter that a query stands for. @throws Refusal 400. */
  async filter(tenantId: string, query: ReportQueryValues): Promise<ReportFilter> {
    const { policy } = await this.policies.current(tenantId);
    const campaignId = query.campaign === null ? null : fromTypeId('cmp', query.campaign);
    if (query.campaign !== null && campaignId === null)
      throw invalidField('#/campaign', 'must be the id of a campaign');
    const number =
      query.number === null ? null : (readClaimedNumber(query.number, policy.defaultCountry) ?? query.number);
    return { campaignId, number, customerId: query.customerId, ...idsBetween(query.from, query.to) };
  }

  private async record(
    db: RequestDatabase,
    customerId: string,
    given: ReportToMake,
    contact: ReadContact,
    author: ReportAuthor,
    policy: Policy,
  ): Promise<{ id: string; reference: string; locale: string | null }> {
    const content: SealedContent = { text: given.text ?? null, links: given.links ?? [], lost: given.lost ?? null };
    for (let round = 0; round < MOST_TRIES; round += 1) {
      const key = await this.keys.ensure(db, customerId);
      const report: ReportToRecord = {
        reference: generateReference('report'),
        customerId,
        channel: given.channel,
        claimedNumber: contact.number,
        claimedSender: contact.sender,
        linkHosts: contact.hosts,
        shared: [...new Set(given.shared)],
        keyId: key.keyId,
        contentSealed: sealFor(key, REPORT_CONTENT, JSON.stringify(content)),
        about: given.about ?? null,
        aboutId: aboutId(given.about),
        receivedAt: given.receivedAt ?? null,
        reportedBy: author.subject,
        indicators: contact.indicators,
        perDay: policy.reports.perDay,
        vouched: author.isAgent,
        newcomerSeconds: policy.campaigns.newcomerSeconds,
      };
      try {
        const recorded = await db.transaction((tx) => this.recordWithin(tx, report));
        if (recorded) return { ...recorded, reference: report.reference };
        this.keys.forget(db.tenantId, customerId);
      } catch (error) {
        if (!isUniqueViolation(error, 'reports_by_reference')) throw error;
      }
    }
    throw new Refusal('conflict');
  }

  /** Locks go customer, change, verification. Null where the customer was shredded meanwhile. */
  private async recordWithin(
    tx: TenantHandle,
    report: ReportToRecord,
  ): Promise<{ id: string; locale: string | null } | null> {
    const customer = await lockReportingCustomer(tx, report.customerId, report.keyId);
    if (!customer) return null;
    const { id, retry_after: retryAfter } = await recordReport(tx, report);
    if (id === null) throw new Refusal('report-limit', { retryAfterSeconds: retryAfter });
    const held = await this.changes.lockHeldOf(tx, report.customerId);
    await this.verifications.reportWaiting(tx, report.customerId);
    await this.changes.refuseReported(tx, held);
    return { id, locale: customer.locale };
  }

  /** What is recorded is recorded: where it cannot be compared now, the sweeper does it. */
  private async cluster(tenantId: string, id: string, { indicators }: ReadContact): Promise<CampaignFacts | null> {
    try {
      return await this.campaigns.cluster(tenantId, id, indicators);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      return null;
    }
  }

  private open(tenantId: string, row: ReportWithKeyRow): SealedContent | null {
    const key: CustomerKey | null =
      row.wrapped_key && row.customer_key_id
        ? this.keys.unwrap(tenantId, row.customer_id, { key_id: row.customer_key_id, wrapped_key: row.wrapped_key })
        : null;
    const text = openFor(key, row.key_id, REPORT_CONTENT, row.content_sealed);
    return text === null ? null : (JSON.parse(text) as SealedContent);
  }
}

function aboutId(about: string | undefined): string | null {
  return about === undefined
    ? null
    : (fromTypeId('call', about) ?? fromTypeId('ver', about) ?? fromTypeId('chg', about));
}

/** The words for what is most urgent, and the steps for everything. */
function adviceOn(given: ReportToMake, policy: Policy, locales: Locales): Advice {
  const all = adviceAfterSharing(given.shared ?? [], (given.lost?.amount ?? 0) > 0).map((code) =>
    adviceFor(code, policy, locales),
  );
  return { ...all[0]!, steps: [...new Set(all.flatMap(({ steps }) => steps))].slice(0, MOST_STEPS) };
}
