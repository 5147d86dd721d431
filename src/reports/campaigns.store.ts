import { type Fragment, read, sql, write } from '../database/sql.js';
import { eventRow, typeWhere } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Indicator } from './indicators.js';

/** How far a wave has come, for its events. */
const WAVE = { customers: sql`reach`, reports: sql`reports`, since: sql`first_seen_at` };

/** A campaign as far as one of its reports needs it. */
export interface CampaignFacts {
  readonly id: string;
  readonly reach: number;
  readonly first_seen_at: Date;
  readonly now: Date;
}

function columns(indicators: readonly Indicator[]): { kinds: string[]; values: string[] } {
  return { kinds: indicators.map(({ kind }) => kind), values: indicators.map(({ value }) => value) };
}

/**
 * The part of a statement that puts reports into a campaign. It needs the expressions `campaign` (the campaign's row,
 * locked, or none) and `seen` (report_id), and takes each report that has no campaign yet. Reach counts customers, each
 * once, and not those who do not count; growth is told when it passes a power of two. Reports are locked in the order of their ids, so that two campaigns
 * that take in the same never wait for each other.
 */
const ATTACH = sql`
  free AS (
    SELECT r.id FROM reports r, seen, campaign WHERE r.id = seen.report_id AND r.campaign_id IS NULL ORDER BY r.id FOR UPDATE OF r
  ), attached AS (
    UPDATE reports r SET campaign_id = campaign.id, clustered_at = coalesce(r.clustered_at, clock_timestamp())
      FROM campaign, free WHERE r.id = free.id
    RETURNING r.customer_id, r.campaign_id, r.reported_at, r.counts
  ), newcomers AS (
    INSERT INTO campaign_customers (campaign_id, customer_id) SELECT DISTINCT campaign_id, customer_id FROM attached WHERE counts
      ON CONFLICT DO NOTHING RETURNING customer_id
  ), minutes AS (
    INSERT INTO campaign_minutes AS m (campaign_id, minute, reports, customers)
    SELECT a.campaign_id, a.minute, count(*),
      count(*) FILTER (WHERE a.counts AND a.nth = 1 AND a.customer_id IN (SELECT customer_id FROM newcomers))
      FROM (SELECT campaign_id, customer_id, counts, date_trunc('minute', reported_at) AS minute,
        row_number() OVER (PARTITION BY customer_id, counts ORDER BY reported_at) AS nth FROM attached) a
     GROUP BY a.campaign_id, a.minute
    ON CONFLICT (tenant_id, campaign_id, minute) DO UPDATE SET reports = m.reports + excluded.reports,
      customers = m.customers + excluded.customers
  ), grown AS (
    UPDATE campaigns g
       SET reports = g.reports + a.made, reach = g.reach + (SELECT count(*) FROM newcomers),
         first_seen_at = LEAST(g.first_seen_at, a.first_at), last_seen_at = GREATEST(g.last_seen_at, a.last_at)
      FROM (SELECT campaign_id, count(*) AS made, min(reported_at) AS first_at, max(reported_at) FILTER (WHERE counts) AS last_at
        FROM attached GROUP BY campaign_id) a
     WHERE g.id = a.campaign_id
    RETURNING g.id, g.reach, g.reports, g.first_seen_at
  ), told AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow(typeWhere(sql`:opening`, 'campaign.opened', 'campaign.grew'), sql`id`, WAVE)}
      FROM grown, (SELECT count(*) AS more FROM newcomers) n
     WHERE :opening OR length(ltrim(reach::bit(32)::text, '0')) > length(ltrim((reach - n.more)::int::bit(32)::text, '0'))
  )`;

const join = write(
  'campaigns.join',
  sql`
  WITH campaign AS (
    SELECT g.id FROM campaigns g
     WHERE g.closed_at IS NULL AND g.id = (
       SELECT i.campaign_id FROM unnest(:kinds::text[], :values::text[]) AS given (kind, value)
         JOIN campaign_indicators i ON i.kind = given.kind AND i.value = given.value AND i.closed_at IS NULL
        ORDER BY i.campaign_id LIMIT 1)
       FOR UPDATE OF g
  ), seen AS (
    SELECT :reportId::uuid AS report_id
  ), ${ATTACH}, looked_at AS (
    UPDATE reports SET clustered_at = clock_timestamp() WHERE id = :reportId AND clustered_at IS NULL AND NOT EXISTS (SELECT FROM campaign)
  )
  SELECT id, reach, first_seen_at, now() AS now FROM grown`,
);

/** Puts a report into the oldest live campaign that it is like; null where there is none, or it is in one already. */
export async function joinCampaign(
  db: TenantHandle,
  reportId: string,
  indicators: readonly Indicator[],
): Promise<CampaignFacts | null> {
  const [row] = await db.query<CampaignFacts>(join, { reportId, ...columns(indicators), opening: false });
  return row ?? null;
}

const ofReport = read(
  'campaigns.ofReport',
  sql`
  SELECT g.id, g.reach, g.first_seen_at, now() AS now FROM reports r JOIN campaigns g ON g.id = r.campaign_id WHERE r.id = :reportId
    AND g.closed_at IS NULL`,
);

/** The live campaign that a report is in, or null. */
export async function findCampaignOfReport(db: TenantHandle, reportId: string): Promise<CampaignFacts | null> {
  const [row] = await db.query<CampaignFacts>(ofReport, { reportId });
  return row ?? null;
}

// The first id that a report of this time can have.
const ID_AT = (time: Fragment): Fragment =>
  sql`(lpad(to_hex((extract(epoch FROM ${time}) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid`;

// Counted to the minimum first: what is rare costs next to nothing, and only what is not is held against what is usual. The
// day before counts as far as there was one, and as an hour at least. A sender's name alone says little, because many who
// have nothing to do with each other call themselves by the same: it must make up a fifth of all that is reported.
const risen = read(
  'campaigns.risen',
  sql`
  WITH span AS (
    SELECT now() - make_interval(secs => :windowSeconds) AS start,
           LEAST(86400, GREATEST(3600, extract(epoch FROM now() - make_interval(secs => :windowSeconds) - (SELECT reported_at FROM reports
             ORDER BY id LIMIT 1)))) AS usual_seconds
  )
  SELECT given.kind, given.value FROM span, unnest(:kinds::text[], :values::text[]) AS given (kind, value)
   WHERE CASE
     WHEN (SELECT count(*) FROM (
             SELECT FROM report_indicators i JOIN reports r ON r.id = i.report_id AND r.campaign_id IS NULL
              WHERE i.kind = given.kind AND i.value = given.value AND i.counts AND i.last_seen_at > span.start
                LIMIT :minimumReach) recent) < :minimumReach THEN false
     ELSE (SELECT count(*) FILTER (WHERE i.last_seen_at > span.start) >=
                    :timesUsual * count(*) FILTER (WHERE i.last_seen_at <= span.start) * :windowSeconds::numeric / span.usual_seconds
                  AND (given.kind <> 'sender' OR 5 * count(*) FILTER (WHERE i.last_seen_at > span.start) >=
                    (SELECT count(*) FROM reports WHERE counts AND id >= ${ID_AT(sql`span.start`)}))
             FROM report_indicators i
            WHERE i.kind = given.kind AND i.value = given.value AND i.counts AND i.last_seen_at > span.start - interval '1 day')
   END`,
);

export interface Thresholds {
  readonly windowSeconds: number;
  readonly minimumReach: number;
  readonly timesUsual: number;
}

/** Those of the indicators that enough customers have reported within the window, and far more than usually do. */
export async function listRisenIndicators(
  db: TenantHandle,
  indicators: readonly Indicator[],
  { windowSeconds, minimumReach, timesUsual }: Thresholds,
): Promise<Indicator[]> {
  return db.query<Indicator>(risen, { ...columns(indicators), windowSeconds, minimumReach, timesUsual });
}

const lockOpening = write(
  'campaigns.lockOpening',
  sql`SELECT pg_advisory_xact_lock(hashtext('countersign.campaigns'), hashtext(current_setting('countersign.tenant')))`,
);

/** Lets one transaction of a tenant open campaigns at a time. */
export async function lockOpeningOfCampaigns(db: TenantHandle): Promise<void> {
  await db.query(lockOpening, {});
}

const open = write(
  'campaigns.open',
  sql`
  WITH opened AS (
    INSERT INTO campaigns (id, policy_version) VALUES (:campaignId, :policyVersion) RETURNING id
  )
  INSERT INTO campaign_indicators (campaign_id, kind, value)
  SELECT opened.id, given.kind, given.value FROM opened, unnest(:kinds::text[], :values::text[]) AS given (kind, value)`,
);

/** Opens a campaign, still without reports. Needs the lock on opening. @throws a violation of `campaign_indicators_live` where another campaign learned one of the indicators meanwhile. */
export async function openCampaign(
  db: TenantHandle,
  campaignId: string,
  policyVersion: number,
  indicators: readonly Indicator[],
): Promise<void> {
  await db.query(open, { campaignId, policyVersion, ...columns(indicators) });
}

const adopt = write(
  'campaigns.adopt',
  sql`
  WITH campaign AS (
    SELECT id FROM campaigns WHERE id = :campaignId AND closed_at IS NULL FOR SHARE
  )
  INSERT INTO campaign_indicators (campaign_id, kind, value)
  SELECT campaign.id, given.kind, given.value
    FROM campaign, unnest(:kinds::text[], :values::text[]) AS given (kind, value), LATERAL (
      SELECT count(*) AS customers, count(c.customer_id) AS ours FROM (
        SELECT i.customer_id FROM report_indicators i
         WHERE i.kind = given.kind AND i.value = given.value AND i.counts
           AND i.last_seen_at > now() - make_interval(secs => :windowSeconds) ORDER BY i.last_seen_at DESC
             LIMIT 4 * :minimumReach::int) recent
        LEFT JOIN campaign_customers c ON c.campaign_id = :campaignId AND c.customer_id = recent.customer_id) counted
   WHERE counted.ours >= :minimumReach AND 2 * counted.ours > counted.customers
     AND NOT EXISTS (SELECT FROM campaign_indicators live WHERE live.kind = given.kind AND live.value = given.value
       AND live.closed_at IS NULL)
  ON CONFLICT DO NOTHING
  RETURNING kind, value`,
);

/** Gives a campaign those of a report's indicators that enough of its customers, and mostly its customers, report. */
export async function adoptIndicators(
  db: TenantHandle,
  campaignId: string,
  indicators: readonly Indicator[],
  { windowSeconds, minimumReach }: Thresholds,
): Promise<Indicator[]> {
  return db.query<Indicator>(adopt, { campaignId, ...columns(indicators), windowSeconds, minimumReach });
}

const attach = write(
  'campaigns.attach',
  sql`
  WITH campaign AS (
    SELECT id FROM campaigns WHERE id = :campaignId AND closed_at IS NULL FOR UPDATE
  ), seen AS (
    SELECT DISTINCT i.report_id FROM unnest(:kinds::text[], :values::text[]) AS given (kind, value)
      JOIN report_indicators i ON i.kind = given.kind AND i.value = given.value
        AND i.last_seen_at > now() - make_interval(secs => :windowSeconds)
  ), ${ATTACH}
  SELECT id, reach, first_seen_at, now() AS now FROM grown`,
);

/** Puts the reports of the window that show any of the indicators into a campaign, unless they are in one. */
export async function attachReports(
  db: TenantHandle,
  values: { campaignId: string; windowSeconds: number; opening: boolean },
  indicators: readonly Indicator[],
): Promise<CampaignFacts | null> {
  const [row] = await db.query<CampaignFacts>(attach, { ...values, ...columns(indicators) });
  return row ?? null;
}

const close = write(
  'campaigns.close',
  sql`
  WITH due AS (
    SELECT id FROM campaigns WHERE closed_at IS NULL AND last_seen_at < now() - make_interval(secs => :quietSeconds) ORDER BY id
      LIMIT :most FOR UPDATE SKIP LOCKED
  ), closed AS (
    UPDATE campaigns g SET closed_at = clock_timestamp() FROM due WHERE g.id = due.id RETURNING g.id, g.reach, g.reports, g.first_seen_at,
      g.last_seen_at
  ), retired AS (
    UPDATE campaign_indicators i SET closed_at = clock_timestamp() FROM closed WHERE i.campaign_id = closed.id AND i.closed_at IS NULL
  ), told AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('campaign.closed', sql`id`, { ...WAVE, lastSeenAt: sql`last_seen_at` })} FROM closed
  )
  SELECT id FROM closed`,
);

/** Closes campaigns that have gone quiet, with an event each; returns how many. */
export async function closeQuietCampaigns(db: TenantHandle, quietSeconds: number, most: number): Promise<number> {
  return (await db.query(close, { quietSeconds, most })).length;
}

const unclustered = read(
  'campaigns.unclustered',
  sql`
  SELECT r.id, coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value)) FROM report_indicators i
    WHERE i.report_id = r.id), '[]') AS indicators
    FROM reports r WHERE r.clustered_at IS NULL AND r.reported_at < now() - interval '10 seconds' ORDER BY r.id LIMIT :most`,
);

/** Reports that were recorded by a process which died before it looked for their campaign. */
export async function listUnclusteredReports(
  db: TenantHandle,
  most: number,
): Promise<{ id: string; indicators: Indicator[] }[]> {
  return db.query<{ id: string; indicators: Indicator[] }>(unclustered, { most });
}

const forget = write(
  'campaigns.forgetOldIndicators',
  sql`
  WITH gone AS (
    DELETE FROM report_indicators WHERE ctid = ANY(ARRAY(SELECT ctid FROM report_indicators
      WHERE last_seen_at < now() - interval '26 hours' LIMIT :most)) RETURNING 1
  )
  SELECT count(*)::int AS forgotten FROM gone`,
);

/** Forgets what no window and no comparison with the day before looks at any more; returns how many rows. */
export async function forgetOldIndicators(db: TenantHandle, most: number): Promise<number> {
  const [row] = await db.query<{ forgotten: number }>(forget, { most });
  return row!.forgotten;
}
