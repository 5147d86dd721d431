import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { endAutovacuum } from '../../database/autovacuum.js';
import { hasSqlState, LOCK_NOT_AVAILABLE } from '../../database/tenant-database.js';

/** `kept`: a row of any tenant is under a former generation. `busy`: the table could not be had. */
export type Closing = 'closed' | 'kept' | 'busy';

const CHECK_VIOLATION = '23514';
/** For so long others may wait behind this. */
const LOCK_MS = 500;
const MOST_TRIES = 20;
const RETRY_MS = 250;

/**
 * Lets nothing come into a table under keys before a generation, and finds out whether something is there already, of
 * whatever tenant: a constraint sees past row-level security. Rows are read and written meanwhile.
 */
export async function closeTo(
  client: pg.Client,
  { table, columns, from }: { readonly table: string; readonly columns: readonly string[]; readonly from: number },
): Promise<Closing> {
  const name = `${table}_key_generation`;
  const rule = columns
    .map((column) => `(${column} IS NULL OR ${column} = '' OR public.key_generation(${column}) >= ${from})`)
    .join(' AND ');
  const change = `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${rule}) NOT VALID`;
  if (!(await whereFree(client, table, change))) return 'busy';
  try {
    await client.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
    return 'closed';
  } catch (error) {
    if (!hasSqlState(error, CHECK_VIOLATION)) throw error;
    // Rows that are there must stay changeable, however long it takes.
    await whereFree(client, table, `ALTER TABLE ${table} DROP CONSTRAINT ${name}`, Infinity);
    return 'kept';
  }
}

/** Runs what needs a table for itself for a moment, where it can be had without keeping others waiting for long. */
async function whereFree(client: pg.Client, table: string, text: string, mostTries = MOST_TRIES): Promise<boolean> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    // Every row was just made anew, so that it is likely to be there.
    await endAutovacuum(client, table);
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}; ${text}; COMMIT`);
      return true;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!hasSqlState(error, LOCK_NOT_AVAILABLE)) throw error;
      await sleep(RETRY_MS);
    }
  }
  return false;
}
