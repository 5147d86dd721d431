import { type Fragment, read, readAlsoAtReplica, sql, type Statement, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Indicator } from './indicators.js';

export interface ReportRow {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly channel: string;
  readonly claimed_number: string | null;
  readonly claimed_sender: string | null;
  readonly link_hosts: string[];
  readonly shared: string[];
  readonly key_id: string;
  readonly content_sealed: Buffer;
  readonly about: string | null;
  readonly received_at: Date | null;
  readonly reported_at: Date;
  readonly reported_by: string;
  readonly campaign_id: string | null;
  readonly counts: boolean;
}

const COLUMNS = sql`id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
  about, received_at, reported_at, reported_by, campaign_id, counts`;

const lock = write(
  'reports.lockCustomer',
  sql`SELECT locale FROM customers WHERE id = :customerId AND key_id = :keyId FOR UPDATE`,
);

/** Holds the customer until the transaction ends, so that the daily count is exact; null where they were shredded meanwhile. */
export async function lockReportingCustomer(
  db: TenantHandle,
  customerId: string,
  keyId: string,
): Promise<{ locale: string | null } | null> {
  const [row] = await db.query<{ locale: string | null }>(lock, { customerId, keyId });
  return row ?? null;
}

export interface ReportToRecord {
  readonly reference: string;
  readonly customerId: string;
  readonly channel: string;
  readonly claimedNumber: string | null;
  readonly claimedSender: string | null;
  readonly linkHosts: readonly string[];
  readonly shared: readonly string[];
  readonly keyId: string;
  readonly contentSealed: Buffer;
  /** What it is said to be about, as it was given. It is kept where it is that customer's. */
  readonly about: string | null;
  readonly aboutId: string | null;
  readonly receivedAt: string | null;
  readonly reportedBy: string;
  readonly indicators: readonly Indicator[];
  readonly perDay: number;
  /** Somebody other than the app says that this customer exists. */
  readonly vouched: boolean;
  readonly newcomerSeconds: number;
}

// Whoever holds the app's token can make customers up, and a campaign counts customers. Where nobody at all has been on file
// for as long as policy asks, nobody could count, and all do.
const record = write(
  'reports.record',
  sql`
  WITH known AS (
    SELECT :vouched::boolean OR c.created_at <= asked.since
        OR EXISTS (SELECT FROM contact_points p WHERE p.customer_id = c.id) OR EXISTS (SELECT FROM calls k WHERE k.customer_id = c.id)
        OR NOT EXISTS (SELECT FROM customers o WHERE o.created_at <= asked.since) AS counts
      FROM customers c, (SELECT now() - make_interval(secs => :newcomerSeconds) AS since) asked WHERE c.id = :customerId
  ), own AS (
    SELECT CASE WHEN :about = 'verdict' THEN true
                WHEN :about LIKE 'call\\_%' THEN EXISTS (SELECT FROM calls WHERE id = :aboutId::uuid AND customer_id = :customerId)
                WHEN :about LIKE 'ver\\_%' THEN EXISTS (SELECT FROM verifications WHERE id = :aboutId AND customer_id = :customerId)
                WHEN :about LIKE 'chg\\_%' THEN EXISTS (SELECT FROM changes WHERE id = :aboutId AND customer_id = :customerId)
                ELSE false END AS is_own
  ), today AS (
    SELECT count(*) AS made, ceil(extract(epoch FROM min(reported_at) + interval '24 hours' - now()))::int AS retry_after
      FROM reports WHERE customer_id = :customerId AND reported_at > now() - interval '24 hours'
  ), recorded AS (
    INSERT INTO reports (reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
      about, received_at, reported_by, counts)
    SELECT :reference, :customerId, :channel, :claimedNumber, :claimedSender, :linkHosts, :shared, :keyId, :contentSealed, CASE
      WHEN own.is_own THEN :about END, CASE WHEN :receivedAt::timestamptz > now() THEN now() ELSE :receivedAt END, :reportedBy, known.counts
      FROM today, known, own WHERE today.made < :perDay
    RETURNING id, reference, customer_id, channel, shared, about, counts
  ), seen AS (
    INSERT INTO report_indicators AS i (kind, value, customer_id, report_id, counts)
    SELECT kind, value, recorded.customer_id, recorded.id, recorded.counts
      FROM recorded, unnest(:kinds::text[], :values::text[]) AS given (kind, value)
    ON CONFLICT (tenant_id, kind, value, customer_id) DO UPDATE SET report_id = excluded.report_id, last_seen_at = excluded.last_seen_at,
      counts = i.counts OR excluded.counts
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('report.received', sql`id, customer_id`, {
      channel: sql`channel`,
      reference: sql`reference`,
      shared: sql`to_jsonb(shared)`,
      of: sql`about`,
      by: sql`:reportedBy::text`,
    })}
        FROM recorded
  )
  SELECT recorded.id, greatest(1, today.retry_after) AS retry_after FROM today LEFT JOIN recorded ON true`,
);

/** Records a report with its event. Where the customer has made as many as policy takes in a day, `id` is null. */
export async function recordReport(
  db: TenantHandle,
  { indicators, ...report }: ReportToRecord,
): Promise<{ id: string | null; retry_after: number }> {
  const values = { ...report, kinds: indicators.map(({ kind }) => kind), values: indicators.map(({ value }) => value) };
  const [row] = await db.query<{ id: string | null; retry_after: number }>(record, values);
  return row!;
}

export type ReportWithKeyRow = ReportRow & { customer_key_id: string | null; wrapped_key: Buffer | null };

const byId = read(
  'reports.byId',
  sql`
  SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT ${COLUMNS} FROM reports WHERE id = :id) r
    LEFT JOIN customers c ON c.id = r.customer_id`,
);

export async function findReport(db: TenantHandle, id: string): Promise<ReportWithKeyRow | null> {
  const [row] = await db.query<ReportWithKeyRow>(byId, { id });
  return row ?? null;
}

const byReference = read(
  'reports.byReference',
  sql`SELECT reported_at, customer_id FROM reports WHERE reference = :reference`,
);

export async function findReportByReference(
  db: TenantHandle,
  reference: string,
): Promise<{ reported_at: Date; customer_id: string } | null> {
  const [row] = await db.query<{ reported_at: Date; customer_id: string }>(byReference, { reference });
  return row ?? null;
}

/** Which reports. Ids order by time, so a span of time is one of ids. */
export interface ReportFilter {
  readonly campaignId: string | null;
  readonly number: string | null;
  readonly customerId: string | null;
  /** The first id of the span. */
  readonly fromId: string;
  /** The first id after it. */
  readonly toId: string;
}

// A statement for each way in, with nothing optional that an index should serve: a plan that is kept must fit every value.
const WAYS = {
  byCustomer: sql`customer_id = :customerId AND (:campaignId::uuid IS NULL OR campaign_id = :campaignId)
    AND (:number::text IS NULL OR claimed_number = :number)`,
  byCampaign: sql`campaign_id = :campaignId AND (:number::text IS NULL OR claimed_number = :number)`,
  byNumber: sql`claimed_number = :number`,
  all: sql`true`,
} as const;
type Way = keyof typeof WAYS;

function forEachWay<Name extends string>(
  name: Name,
  text: (condition: Fragment) => Fragment,
): { readonly [W in Way]: Statement<`reports.${Name}.${W}`> } {
  const make = <W extends Way>(way: W): Statement<`reports.${Name}.${W}`> =>
    readAlsoAtReplica(`reports.${name}.${way}`, text(WAYS[way]));
  return {
    byCustomer: make('byCustomer'),
    byCampaign: make('byCampaign'),
    byNumber: make('byNumber'),
    all: make('all'),
  };
}

function wayOf({ customerId, campaignId, number }: ReportFilter): Way {
  if (customerId !== null) return 'byCustomer';
  if (campaignId !== null) return 'byCampaign';
  return number === null ? 'all' : 'byNumber';
}

const lists = forEachWay(
  'list',
  (condition) => sql`
  SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
    SELECT ${COLUMNS} FROM reports WHERE ${condition} AND id >= :fromId AND id < :toId ORDER BY id DESC LIMIT :most) r
    LEFT JOIN customers c ON c.id = r.customer_id ORDER BY r.id DESC`,
);

/** Reports, newest first. */
export async function listReports(db: TenantHandle, filter: ReportFilter, most: number): Promise<ReportWithKeyRow[]> {
  return db.query<ReportWithKeyRow>(lists[wayOf(filter)], { ...filter, most });
}

export type ExportRow = Pick<
  ReportRow,
  | 'id'
  | 'reference'
  | 'channel'
  | 'claimed_number'
  | 'claimed_sender'
  | 'link_hosts'
  | 'shared'
  | 'received_at'
  | 'reported_at'
  | 'campaign_id'
>;

const pages = forEachWay(
  'exportPage',
  (condition) => sql`
  SELECT id, reference, channel, claimed_number, claimed_sender, link_hosts, shared, received_at, reported_at, campaign_id FROM reports
   WHERE ${condition} AND id >= :fromId AND id < :toId AND id > :after ORDER BY id LIMIT :most`,
);

/** The next page of an export, oldest first: only what says nothing about the customer. */
export async function readExportPage(
  db: TenantHandle,
  filter: ReportFilter,
  after: string,
  most: number,
): Promise<ExportRow[]> {
  return db.query<ExportRow>(pages[wayOf(filter)], { ...filter, after, most });
}

const idOfNow = read('reports.idOfNow', sql`SELECT uuid7() AS id`);

/** The id that a report made now would have. */
export async function readIdOfNow(db: TenantHandle): Promise<string> {
  const [row] = await db.query<{ id: string }>(idOfNow, {});
  return row!.id;
}
