import { toTypeId } from '../ids/ids.js';
import type { ReportFilter, ReportRow } from './reports.store.js';

/** What is sealed of a report: what the customer pasted, and what they lost. */
export interface SealedContent {
  readonly text: string | null;
  readonly links: readonly string[];
  readonly lost: { readonly amount: number; readonly currency: string } | null;
}

/** A report as an analyst sees it in a list. */
export interface Report {
  readonly id: string;
  readonly reference: string;
  readonly customerId: string;
  readonly channel: string;
  readonly claimedNumber: string | null;
  readonly claimedSender: string | null;
  readonly linkHosts: readonly string[];
  readonly shared: readonly string[];
  readonly lost: SealedContent['lost'];
  readonly about: string | null;
  readonly receivedAt: string | null;
  readonly reportedAt: string;
  readonly reportedBy: string;
  readonly campaignId: string | null;
  readonly counts: boolean;
}

export type ReportInFull = Report & { readonly text: string | null; readonly links: readonly string[] };

/** Describes a report; without its content where the customer was shredded. */
export function describeReport(row: ReportRow, content: SealedContent | null): Report {
  return {
    id: toTypeId('rpt', row.id),
    reference: row.reference,
    customerId: row.customer_id,
    channel: row.channel,
    claimedNumber: row.claimed_number,
    claimedSender: row.claimed_sender,
    linkHosts: row.link_hosts,
    shared: row.shared,
    lost: content?.lost ?? null,
    about: row.about,
    receivedAt: row.received_at?.toISOString() ?? null,
    reportedAt: row.reported_at.toISOString(),
    reportedBy: row.reported_by,
    campaignId: row.campaign_id === null ? null : toTypeId('cmp', row.campaign_id),
    counts: row.counts,
  };
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const AFTER_LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const LATEST_MS = 2 ** 48 - 1;

/** The ids of reports from `from` until before `to` (UUIDv7 begins with the time in milliseconds). */
export function idsBetween(from: string | null, to: string | null): Pick<ReportFilter, 'fromId' | 'toId'> {
  return { fromId: from === null ? FIRST_ID : firstIdAt(from), toId: to === null ? AFTER_LAST_ID : firstIdAt(to) };
}

function firstIdAt(time: string): string {
  const hex = Math.min(LATEST_MS, Math.max(0, Math.ceil(Date.parse(time))))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
