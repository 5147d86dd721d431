import { read, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';

export type LineUse = 'outbound' | 'inbound_only';

export interface LineRow {
  readonly number: string;
  readonly use: LineUse;
  readonly label: string;
}

const put = write(
  'lines.put',
  sql`
  WITH put AS (
    INSERT INTO lines (number, use, label) VALUES (:number, :use, :label)
    ON CONFLICT (tenant_id, number) DO UPDATE SET use = excluded.use, label = excluded.label
    RETURNING number, use, label, (xmax = 0) AS created
  ), logged AS (
    INSERT INTO events (type, about, data)
    SELECT ${eventRow('line.changed', null, { number: sql`number`, use: sql`use`, by: sql`:author::text` })} FROM put
  )
  SELECT * FROM put`,
);

export async function putLine(
  db: TenantHandle,
  values: LineRow & { author: string },
): Promise<LineRow & { created: boolean }> {
  const [row] = await db.query<LineRow & { created: boolean }>(put, { ...values });
  return row!;
}

const list = read(
  'lines.list',
  sql`
  SELECT number, use, label FROM lines WHERE :after::text IS NULL OR number > :after ORDER BY number LIMIT :most`,
);

export async function listLines(db: TenantHandle, after: string | null, most: number): Promise<LineRow[]> {
  return db.query<LineRow>(list, { after, most });
}

const remove = write(
  'lines.remove',
  sql`
  WITH removed AS (
    DELETE FROM lines WHERE number = :number RETURNING number
  ), logged AS (
    INSERT INTO events (type, about, data)
    SELECT ${eventRow('line.removed', null, { number: sql`number`, by: sql`:author::text` })} FROM removed
  )
  SELECT number FROM removed`,
);

/** False where the number is not one of the bank's lines. */
export async function removeLine(db: TenantHandle, number: string, author: string): Promise<boolean> {
  return (await db.query(remove, { number, author })).length === 1;
}

const seed = write(
  'lines.seed',
  sql`
  INSERT INTO lines (number, use, label)
  SELECT number, use, label FROM jsonb_to_recordset(:lines::jsonb) AS l (number text, use text, label text)
   WHERE NOT EXISTS (SELECT FROM lines)
  ON CONFLICT DO NOTHING`,
);

/** Adds lines where the tenant has none at all. */
export async function seedLines(db: TenantHandle, lines: readonly LineRow[]): Promise<void> {
  await db.query(seed, { lines: JSON.stringify(lines) });
}
