import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Any constant will do; among the advisory locks of a database it names whoever sets up what serving needs. */
export const SETUP_LOCK = 7_265_001;
/** Names whoever migrates, also while indexes are built. Version 0.1.0 does not know it. */
export const MIGRATING_LOCK = 7_265_004;

const ASK_EVERY_MS = 200;

/** As much of a connection as locking needs. */
export interface Asked {
  query(text: string): Promise<unknown>;
}

/** The rows that a statement gives, whichever library the connection is of. */
export async function rowsOf<Row>(connection: Asked, text: string): Promise<Row[]> {
  const answer = (await connection.query(text)) as Row[] | { rows: Row[] };
  return Array.isArray(answer) ? answer : answer.rows;
}

/**
 * Takes an advisory lock for as long as the connection lasts. It is asked for again and again: a statement that waited would
 * hold a snapshot, and an index that is built concurrently waits for all of those.
 * @param waiting told once, where somebody else holds it
 */
export async function holdLock(connection: Asked, lock: number, waiting?: () => void): Promise<void> {
  for (let told = false; ; told = true) {
    const [row] = await rowsOf<{ held: boolean }>(connection, `SELECT pg_try_advisory_lock(${lock}) AS held`);
    if (row!.held) return;
    if (!told) waiting?.();
    await sleep(ASK_EVERY_MS);
  }
}

/** Lets go of it. */
export async function releaseLock(connection: Asked, lock: number): Promise<void> {
  await connection.query(`SELECT pg_advisory_unlock(${lock})`);
}

/** The process of the server that works for whoever migrates now; null where nobody does. */
export async function whoMigrates(client: pg.Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = 0 AND objid = $1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [MIGRATING_LOCK],
  );
  return rows[0]?.pid ?? null;
}
