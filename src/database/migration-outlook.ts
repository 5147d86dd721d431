import pg from 'pg';
import { jobSchemaMark } from './job-schema.js';
import { appliedNames, MIGRATIONS, readMarks, refuseNewer, type Wanted } from './migrate.js';
import { whoMigrates } from './migration-locks.js';
import { type PlannedMigration, planMigrations } from './migration-plan.js';

/** What migrating would do to a database. */
export interface Outlook {
  /** How many migrations have run. */
  readonly applied: number;
  readonly pending: readonly PlannedMigration[];
  /** What else would be done, in words. */
  readonly rest: readonly string[];
  /** Why it would fail, in words. */
  readonly obstacles: readonly string[];
  /** The server's process that works for whoever migrates just now. */
  readonly migratingPid: number | null;
}

/**
 * Looks at what migrating would do, and changes nothing: the connection is one that cannot, and locks no row and no table but
 * for reading.
 * @throws ConfigError where the database was migrated by a newer version.
 */
export async function lookAhead(
  ownerUrl: string,
  { eventsRetentionMonths }: Pick<Wanted, 'eventsRetentionMonths'>,
): Promise<Outlook> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'countersign migrate --plan' });
  await client.connect();
  try {
    await client.query('SET default_transaction_read_only = on; SET lock_timeout = 500; SET statement_timeout = 30000');
    const migratingPid = await whoMigrates(client);
    const names = await appliedNames(client);
    refuseNewer(names);
    const pending = await planMigrations(
      client,
      MIGRATIONS.filter(({ name }) => !names.includes(name)),
    );
    const { mark, months } = names.length === 0 ? { mark: null, months: undefined } : await readMarks(client);
    const rest = [
      ...(mark === jobSchemaMark() ? [] : ['installs the schema of jobs, graphile_worker, and its grants']),
      ...(months === (eventsRetentionMonths ?? null) ? [] : ['says how long events are kept']),
    ];
    const obstacles = pending.length + rest.length === 0 ? [] : await findObstacles(client, pending);
    return { applied: names.length, pending, rest, obstacles, migratingPid };
  } finally {
    await client.end();
  }
}

async function findObstacles(client: pg.Client, pending: readonly PlannedMigration[]): Promise<string[]> {
  const tables = [
    ...new Set(pending.flatMap(({ steps }) => steps.flatMap(({ locks }) => locks.map(({ table }) => table)))),
  ];
  const {
    rows: [found],
  } = await client.query<{ role: string; standby: boolean; creates: boolean; foreign: string[] }>(
    `SELECT current_user AS role, pg_is_in_recovery() AS standby, has_schema_privilege('public', 'CREATE') AS creates,
            ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY ($1)
                     AND NOT pg_has_role(relowner, 'USAGE') ORDER BY 1) AS foreign`,
    [tables],
  );
  const { role, standby, creates, foreign } = found!;
  return [
    ...(standby ? ['This is a standby, where nothing can be changed.'] : []),
    ...(foreign.length > 0 ? [`The role ${role} does not own ${foreign.join(', ')}.`] : []),
    ...(creates ? [] : [`The role ${role} may create nothing in the schema public.`]),
  ];
}
