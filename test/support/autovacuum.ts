import type pg from 'pg';
import { expect } from 'vitest';

/**
 * Lets autovacuum be at a table for a minute, as it is at one of many rows of which many were just changed; resolves once it
 * is. In a cluster of the test's own.
 */
export async function keepAutovacuumAt(superuser: pg.Client, table: string): Promise<void> {
  await superuser.query(
    `ALTER TABLE ${table} SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1,
       autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`,
  );
  await superuser.query(`ALTER SYSTEM SET autovacuum_naptime = '1s'`);
  await superuser.query('SELECT pg_reload_conf()');
  await expect.poll(() => autovacuumsAt(superuser, table)).toBe(1);
}

/** How many autovacuums are at a table. */
async function autovacuumsAt(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ at: number }>(
    `SELECT count(*)::int AS at FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE a.backend_type = 'autovacuum worker' AND l.relation = $1::regclass AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted`,
    [table],
  );
  return rows[0]!.at;
}
