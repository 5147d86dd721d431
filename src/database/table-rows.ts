import type pg from 'pg';
import { hasSqlState, LOCK_NOT_AVAILABLE } from './tenant-database.js';

/**
 * By the last ANALYZE or VACUUM, or by what was counted since; both are seen past row-level security, which hides rows from
 * the owner, too, so that counting them would say 0. No table is locked for it.
 */
const KNOWN = `
  SELECT t.name, sum(greatest(c.reltuples, s.n_live_tup, 0))::float8 AS rows,
         array_agg(c.oid::int4) FILTER (WHERE c.reltuples < 0 AND coalesce(s.n_live_tup, 0) = 0) AS unknown
    FROM unnest($1::text[]) t(name)
    JOIN pg_class p ON p.relname = t.name AND p.relnamespace = 'public'::regnamespace
    JOIN pg_class c ON c.relkind = 'r' AND (c.oid = p.oid OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = p.oid))
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
   GROUP BY t.name`;

/** Whether nothing is in these files. It asks for the weakest lock of all. */
const EMPTY = `SELECT bool_and(pg_relation_size(oid::regclass) = 0) AS empty FROM unnest($1::oid[]) f(oid)`;

/** About how many rows each of these tables has, all its partitions together; null where nobody knows. One that is not there is not told. */
export async function readTableRows(client: pg.Client, tables: readonly string[]): Promise<Map<string, number | null>> {
  const { rows } = await client.query<{ name: string; rows: number; unknown: number[] | null }>(KNOWN, [tables]);
  const found = new Map<string, number | null>();
  for (const { name, rows: count, unknown } of rows)
    found.set(name, unknown === null || (await isEmpty(client, unknown)) ? Math.round(count) : null);
  return found;
}

async function isEmpty(client: pg.Client, files: readonly number[]): Promise<boolean> {
  try {
    const { rows } = await client.query<{ empty: boolean }>(EMPTY, [files]);
    return rows[0]!.empty;
  } catch (error) {
    // Somebody holds it wholly, as another migration does.
    if (hasSqlState(error, LOCK_NOT_AVAILABLE)) return false;
    throw error;
  }
}
