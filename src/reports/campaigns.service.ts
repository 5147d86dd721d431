import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventTail } from '../events/event-tail.js';
import { Databases } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { isUniqueViolation, type TenantDatabase, type TenantHandle } from '../database/tenant-database.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { PolicyService, type PolicyVersion } from '../policy/policy.service.js';
import { type CampaignRow, findCampaign, listCampaignMinutes, listCampaigns } from './campaign-views.store.js';
import {
  adoptIndicators,
  attachReports,
  type CampaignFacts,
  closeQuietCampaigns,
  findCampaignOfReport,
  forgetOldIndicators,
  joinCampaign,
  listRisenIndicators,
  listUnclusteredReports,
  lockOpeningOfCampaigns,
  openCampaign,
} from './campaigns.store.js';
import type { Indicator } from './indicators.js';

/** A campaign as an analyst sees it. */
export interface Campaign {
  readonly id: string;
  readonly state: 'open' | 'closed';
  readonly numbers: readonly string[];
  readonly senders: readonly string[];
  readonly linkHosts: readonly string[];
  /** Pages at hosts where everybody can have one. */
  readonly links: readonly string[];
  /** Whether its messages are recognised by their wording. */
  readonly wording: boolean;
  readonly customers: number;
  readonly reports: number;
  readonly reportsLastMinute: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
}

export type CampaignWithMinutes = Campaign & {
  readonly minutes: readonly { minute: string; reports: number; newCustomers: number }[];
};

/** A day. */
const MOST_MINUTES = 1_440;
const MOST_TRIES = 3;
const MOST_TIDY_ROUNDS = 50;
const SWEPT_AT_ONCE = 500;
const TIDIED_AT_ONCE = 10_000;

/**
 * Finds campaigns in reports. A report is compared after it has been committed: of reports that come at once, the one
 * that looks last sees them all.
 */
@Injectable()
export class CampaignsService implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.lapse('campaign', (tenantId) => this.sweep(tenantId, SWEPT_AT_ONCE));
    this.sweeps.tidy('campaign_indicators', (tenantId) => this.tidy(tenantId, TIDIED_AT_ONCE));
  }

  /** The live campaign that a committed report belongs to: one that it joins, one that it opens, or null. */
  async cluster(tenantId: string, reportId: string, indicators: readonly Indicator[]): Promise<CampaignFacts | null> {
    const db = this.databases.of(tenantId);
    const policy = await this.policies.current(tenantId);
    for (let round = 0; round < MOST_TRIES; round += 1) {
      try {
        return await this.clusterOnce(db, reportId, indicators, policy);
      } catch (error) {
        if (!isUniqueViolation(error, 'campaign_indicators_live')) throw error;
      }
    }
    return null;
  }

  async list(
    tenantId: string,
    query: { state: string | null; before: string | null; limit: number },
  ): Promise<{ data: Campaign[]; next: string | null }> {
    const open = query.state === null ? null : query.state === 'open';
    const rows = await listCampaigns(this.databases.of(tenantId), {
      open,
      before: query.before,
      most: query.limit + 1,
    });
    const data = rows.slice(0, query.limit).map(describeCampaign);
    return { data, next: rows.length > query.limit ? data.at(-1)!.id : null };
  }

  /** A campaign with its counts by minute, newest first. @throws Refusal 404. */
  async get(tenantId: string, campaignId: string): Promise<CampaignWithMinutes> {
    const db = this.databases.of(tenantId);
    const id = fromTypeId('cmp', campaignId);
    const row = id === null ? null : await findCampaign(db, id);
    if (!row) throw new Refusal('not-found');
    const minutes = await listCampaignMinutes(db, row.id, MOST_MINUTES);
    return {
      ...describeCampaign(row),
      minutes: minutes.map(({ minute, reports, customers }) => ({
        minute: minute.toISOString(),
        reports,
        newCustomers: customers,
      })),
    };
  }

  /** Closes what has gone quiet, and looks at reports that nobody looked at; returns how many campaigns it closed. */
  private async sweep(tenantId: string, most: number): Promise<number> {
    const db = this.databases.of(tenantId);
    const { policy } = await this.policies.current(tenantId);
    for (const { id, indicators } of await listUnclusteredReports(db, most))
      await this.cluster(tenantId, id, indicators);
    return closeQuietCampaigns(db, policy.campaigns.quietSeconds, most);
  }

  /** Forgets indicators that are too old to count, so many at a time. */
  async tidy(tenantId: string, atOnce: number): Promise<void> {
    for (let round = 0; round < MOST_TIDY_ROUNDS; round += 1)
      if ((await forgetOldIndicators(this.databases.of(tenantId), atOnce)) < atOnce) return;
  }

  private async clusterOnce(
    db: TenantDatabase,
    reportId: string,
    indicators: readonly Indicator[],
    policy: PolicyVersion,
  ): Promise<CampaignFacts | null> {
    const campaign =
      (await joinCampaign(db, reportId, indicators)) ??
      (await findCampaignOfReport(db, reportId)) ??
      (await this.openIfRisen(db, reportId, indicators, policy));
    return campaign && ((await this.grow(db, campaign.id, indicators, policy)) ?? campaign);
  }

  private async openIfRisen(
    db: TenantDatabase,
    reportId: string,
    indicators: readonly Indicator[],
    { policy, version }: PolicyVersion,
  ): Promise<CampaignFacts | null> {
    if (indicators.length === 0) return null;
    // Nothing may have risen because another report has just opened the campaign and taken the others in, but not this one.
    if ((await listRisenIndicators(db, indicators, policy.campaigns)).length === 0)
      return joinCampaign(db, reportId, indicators);
    const opened = await db.transaction(async (tx) => {
      await lockOpeningOfCampaigns(tx);
      const joined = (await findCampaignOfReport(tx, reportId)) ?? (await joinCampaign(tx, reportId, indicators));
      if (joined) return joined;
      const risen = await listRisenIndicators(tx, indicators, policy.campaigns);
      if (risen.length === 0) return null;
      const { uuid } = newId('cmp');
      await openCampaign(tx, uuid, version, risen);
      return attachReports(
        tx,
        { campaignId: uuid, windowSeconds: policy.campaigns.windowSeconds, opening: true },
        risen,
      );
    });
    if (opened) this.tail.wake(db.tenantId);
    return opened;
  }

  /** Lets a campaign learn what else its reports have in common, and takes in the earlier reports that show it. */
  private async grow(
    db: TenantHandle,
    campaignId: string,
    indicators: readonly Indicator[],
    { policy }: PolicyVersion,
  ): Promise<CampaignFacts | null> {
    const adopted = await adoptIndicators(db, campaignId, indicators, policy.campaigns);
    if (adopted.length === 0) return null;
    return attachReports(db, { campaignId, windowSeconds: policy.campaigns.windowSeconds, opening: false }, adopted);
  }
}

function describeCampaign(row: CampaignRow): Campaign {
  const ofKind = (kind: Indicator['kind']): string[] =>
    row.indicators.filter((indicator) => indicator.kind === kind).map(({ value }) => value);
  return {
    id: toTypeId('cmp', row.id),
    state: row.closed_at === null ? 'open' : 'closed',
    numbers: ofKind('number'),
    senders: ofKind('sender'),
    linkHosts: ofKind('host'),
    links: ofKind('link'),
    wording: ofKind('wording').length > 0,
    customers: row.reach,
    reports: row.reports,
    reportsLastMinute: row.last_minute,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
  };
}
