import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Indicator } from './indicators.js';

export interface CampaignRow {
  readonly id: string;
  readonly opened_at: Date;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly closed_at: Date | null;
  readonly reach: number;
  readonly reports: number;
  /** Reports in the last minute that is over. */
  readonly last_minute: number;
  readonly indicators: Indicator[];
}

// What is shown of the wording is how many bands it has: a band says nothing to anybody.
const COLUMNS = sql`g.id, g.opened_at, g.first_seen_at, g.last_seen_at, g.closed_at, g.reach, g.reports,
  coalesce((SELECT m.reports FROM campaign_minutes m WHERE m.campaign_id = g.id
    AND m.minute = date_trunc('minute', now()) - interval '1 minute'), 0) AS last_minute,
  coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) ORDER BY i.added_at, i.value)
    FROM (SELECT * FROM campaign_indicators i WHERE i.campaign_id = g.id ORDER BY i.kind = 'wording', i.added_at, i.value LIMIT 200) i),
      '[]') AS indicators`;

const list = read(
  'campaigns.list',
  sql`
  SELECT ${COLUMNS} FROM campaigns g
   WHERE (:open::boolean IS NULL OR (g.closed_at IS NULL) = :open) AND (:before::uuid IS NULL OR g.id < :before)
   ORDER BY g.id DESC LIMIT :most`,
);

/** Campaigns, the last to open first. */
export async function listCampaigns(
  db: TenantHandle,
  values: { open: boolean | null; before: string | null; most: number },
): Promise<CampaignRow[]> {
  return db.query<CampaignRow>(list, values);
}

const byId = read('campaigns.byId', sql`SELECT ${COLUMNS} FROM campaigns g WHERE g.id = :id`);

export async function findCampaign(db: TenantHandle, id: string): Promise<CampaignRow | null> {
  const [row] = await db.query<CampaignRow>(byId, { id });
  return row ?? null;
}

export interface CampaignMinuteRow {
  readonly minute: Date;
  readonly reports: number;
  readonly customers: number;
}

const minutes = read(
  'campaigns.minutes',
  sql`SELECT minute, reports, customers FROM campaign_minutes WHERE campaign_id = :id ORDER BY minute DESC LIMIT :most`,
);

/** Counts by minute, newest first; minutes without a report have no row. */
export async function listCampaignMinutes(db: TenantHandle, id: string, most: number): Promise<CampaignMinuteRow[]> {
  return db.query<CampaignMinuteRow>(minutes, { id, most });
}
