import type pg from 'pg';
import { hasSqlState, LOCK_NOT_AVAILABLE, UNDEFINED_TABLE } from './tenant-database.js';

/**
 * Has an autovacuum of a table end, where one is at it; it begins again within a minute or so. PostgreSQL ends one that somebody
 * has waited for as long as `deadlock_timeout`: who waits for less than that would be kept out until it is through, which takes
 * minutes after many rows were changed. Nobody who reads or writes rows waits meanwhile. Where somebody else has the table, as
 * VACUUM by hand, it is left to them. A table that is not there, or not any more, has none.
 */
export async function endAutovacuum(client: pg.Client, table: string): Promise<void> {
  try {
    await client.query(
      `BEGIN; SELECT set_config('lock_timeout', (setting::int + 1000)::text, true) FROM pg_settings WHERE name = 'deadlock_timeout';
       LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE; COMMIT`,
    );
  } catch (error) {
    await client.query('ROLLBACK');
    if (!hasSqlState(error, LOCK_NOT_AVAILABLE) && !hasSqlState(error, UNDEFINED_TABLE)) throw error;
  }
}
