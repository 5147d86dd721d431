import { toTypeId } from '../ids/ids.js';
import { toCsv } from './csv.js';
import type { ExportRow } from './reports.store.js';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** What leaves the bank: it says nothing about the customer who reported it. */
interface Exported {
  readonly id: string;
  readonly reference: string;
  readonly reportedAt: string;
  readonly receivedAt: string | null;
  readonly channel: string;
  readonly claimedNumber: string | null;
  readonly claimedSender: string | null;
  readonly linkHosts: readonly string[];
  readonly shared: readonly string[];
  readonly campaign: string | null;
}

const COLUMNS = [
  'id',
  'reference',
  'reportedAt',
  'receivedAt',
  'channel',
  'claimedNumber',
  'claimedSender',
  'linkHosts',
  'shared',
  'campaign',
] as const satisfies readonly (keyof Exported)[];

/** What stands before the first row: in CSV the names of the columns, after a byte order mark where one is wanted. */
export function exportHead(format: ExportFormat, byteOrderMark = false): string {
  return format === 'csv' ? `${byteOrderMark ? '\ufeff' : ''}${toCsv([[...COLUMNS]])}` : '';
}

/** Rows as they are written, each ending in a line break. */
export function exportRows(format: ExportFormat, rows: readonly ExportRow[]): string {
  const exported = rows.map(describe);
  if (format === 'ndjson') return exported.map((row) => `${JSON.stringify(row)}\n`).join('');
  return toCsv(
    exported.map((row) =>
      COLUMNS.map((column) => {
        const value = row[column];
        return typeof value === 'string' || value === null ? value : value.join(' ');
      }),
    ),
  );
}

function describe(row: ExportRow): Exported {
  return {
    id: toTypeId('rpt', row.id),
    reference: row.reference,
    reportedAt: row.reported_at.toISOString(),
    receivedAt: row.received_at?.toISOString() ?? null,
    channel: row.channel,
    claimedNumber: row.claimed_number,
    claimedSender: row.claimed_sender,
    linkHosts: row.link_hosts,
    shared: row.shared,
    campaign: row.campaign_id === null ? null : toTypeId('cmp', row.campaign_id),
  };
}
