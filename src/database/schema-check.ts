import pg from 'pg';
import { ConfigError } from '../config/config-keys.js';
import { appliedNames, compareSchema, MIGRATIONS, readMarks } from './migrate.js';

/** How to bring a schema up to date; a process that does not migrate says so. */
export const MIGRATE_FIRST =
  'Run `npx countersign migrate` as the role that owns the schema (DATABASE_URL), and start again';

const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_FUNCTION = '42883';

/** The names of what has run, for a login that serves, too; null where the schema is so old that it does not tell that one. */
export async function findApplied(client: pg.Client): Promise<string[] | null> {
  try {
    return await appliedNames(client);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
  }
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM public.applied_migrations() AS name');
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_FUNCTION) return null;
    throw error;
  }
}

/**
 * What a schema lacks that this version needs, as a sentence; null where it lacks nothing. A newer one lacks nothing: migrations
 * only add, and old and new processes serve beside each other while they are exchanged.
 * @param client may be the login that serves
 */
export async function findLacking(client: pg.Client): Promise<string | null> {
  const applied = await findApplied(client);
  if (applied === null)
    return 'The schema of the database is older than this version: it does not tell this login what has been migrated';
  if (applied.length === 0) return 'Nothing has been migrated in the database';
  const { missing } = compareSchema(applied);
  if (missing.length > 0)
    return `The schema of the database is older than this version: ${missing.length} of ${MIGRATIONS.length} migrations have not run (${missing.join(', ')})`;
  return (await readMarks(client)).mark === null
    ? 'Migrating the database came to no end: the schema of jobs, graphile_worker, is not there'
    : null;
}

/**
 * Refuses a schema that lacks something, in place of failing at a request. Changes nothing.
 * @throws ConfigError which says what to do
 */
export async function requireSchema(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    const lacking = await findLacking(client);
    if (lacking !== null)
      throw new ConfigError(`${lacking}. MIGRATE is false, so a start runs none. ${MIGRATE_FIRST}.`);
  } finally {
    await client.end();
  }
}
