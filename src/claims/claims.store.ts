import { type Fragment, read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow, eventType } from '../events/event-row.js';
import type { ReportRow } from '../reports/reports.store.js';

/** What one claim file holds at most; above it none is made, and nothing is left out of one. */
export const MOST = { events: 5_000, decisions: 300, reports: 500 } as const;

/** An address of a claim file opens it for so long; another can be made at any time. */
const KEPT = sql`interval '30 days'`;

const eventsOf = (table: Fragment): Fragment =>
  sql`SELECT e.type, e.about, e.about_id FROM ${table} e, span
       WHERE e.customer_id = :customerId AND e.occurred_at >= span.from_at AND e.occurred_at < span.to_at`;
const shreddedIn = (table: Fragment): Fragment =>
  sql`EXISTS (SELECT FROM ${table} WHERE customer_id = :customerId AND type = ${eventType('customer.shredded')})`;

const make = write(
  'claims.make',
  sql`
  WITH span AS (
    SELECT :from::timestamptz AS from_at, least(:to::timestamptz, date_trunc('milliseconds', now())) AS to_at
  ), customer AS (
    SELECT EXISTS (SELECT FROM customers WHERE id = :customerId) OR ${shreddedIn(sql`events`)} OR ${shreddedIn(sql`kept_events`)} AS known
  ), found AS (
    SELECT count(*) <= :mostEvents AND count(*) FILTER (WHERE type = ${eventType('report.received')}) <= :mostReports
        AND count(DISTINCT about_id) FILTER (WHERE about IN ('ver', 'chg')) <= :mostDecisions AS fits
      FROM (${eventsOf(sql`events`)} UNION ALL ${eventsOf(sql`kept_events`)} LIMIT :mostEvents + 1) e
  ), made AS (
    INSERT INTO claims (id, customer_id, from_at, to_at, locale, made_by)
    SELECT :id, :customerId, from_at, to_at, :locale, :author FROM span, customer, found WHERE known AND fits AND from_at < to_at
    RETURNING id, customer_id, from_at, to_at
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('claim.made', sql`id, customer_id`, {
      since: sql`from_at`,
      until: sql`to_at`,
      by: sql`:author::text`,
    })} FROM made
  )
  SELECT customer.known, found.fits, made.from_at, made.to_at
    FROM customer, found LEFT JOIN made ON true`,
);

/** What came of asking for a claim file: without times, none was made. */
export interface MadeClaimRow {
  readonly known: boolean;
  readonly fits: boolean;
  readonly from_at: Date | null;
  readonly to_at: Date | null;
}

export interface ClaimToMake {
  readonly id: string;
  readonly customerId: string;
  readonly from: string;
  readonly to: string;
  readonly locale: string | null;
  readonly author: string;
}

/** Notes a claim file, with its event, where the bank has or had the customer and all that happened in the time fits. */
export async function makeClaim(db: TenantHandle, claim: ClaimToMake): Promise<MadeClaimRow> {
  const [row] = await db.query<MadeClaimRow>(make, {
    ...claim,
    mostEvents: MOST.events,
    mostDecisions: MOST.decisions,
    mostReports: MOST.reports,
  });
  return row!;
}

export interface ClaimRow {
  readonly id: string;
  readonly customer_id: string;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly locale: string | null;
}

const COLUMNS = sql`id, customer_id, from_at, to_at, locale`;

const byId = read('claims.byId', sql`SELECT ${COLUMNS} FROM claims WHERE id = :id`);

export async function findClaim(db: TenantHandle, id: string): Promise<ClaimRow | null> {
  const [row] = await db.query<ClaimRow>(byId, { id });
  return row ?? null;
}

const opened = write(
  'claims.open',
  sql`
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT ${eventRow('claim.opened', sql`id, customer_id`, { by: sql`:author::text` })} FROM claims WHERE id = :id`,
);

/** Puts into the log who took a claim file out. */
export async function logOpened(db: TenantHandle, opening: { id: string; author: string }): Promise<void> {
  await db.query(opened, opening);
}

const forget = write(
  'claims.forgetOld',
  sql`DELETE FROM claims WHERE ctid = ANY(ARRAY(SELECT ctid FROM claims WHERE made_at < now() - ${KEPT} LIMIT :most))`,
);

export async function forgetOldClaims(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { most });
}

export type ClaimReportRow = Omit<ReportRow, 'customer_id' | 'link_hosts' | 'campaign_id' | 'counts'>;

const reports = read(
  'claims.reports',
  sql`
  SELECT id, reference, channel, claimed_number, claimed_sender, shared, key_id, content_sealed, about,
         received_at, reported_at, reported_by
    FROM reports WHERE id = ANY(:ids::uuid[]) AND customer_id = :customerId ORDER BY id`,
);

/** Reports by their ids, oldest first; those that were kept as long as policy says are gone. */
export async function readReports(
  tx: TenantHandle,
  values: { customerId: string; ids: readonly string[] },
): Promise<ClaimReportRow[]> {
  return tx.query<ClaimReportRow>(reports, values);
}
