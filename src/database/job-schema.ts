import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import pg from 'pg';

/** One listens, and the others are shared by however many jobs run at once: each holds one for a statement at a time. */
export const MOST_JOB_CONNECTIONS = 8;

const TABLES = ['_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs'];

const GRANTS = `
  GRANT USAGE ON SCHEMA graphile_worker TO countersign_service;
  GRANT SELECT ON graphile_worker.migrations TO countersign_service;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graphile_worker TO countersign_service;
  REVOKE INSERT, UPDATE, DELETE ON graphile_worker.migrations FROM countersign_service;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA graphile_worker TO countersign_service;
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA graphile_worker TO countersign_service;
  ${TABLES.map(
    (table) => `
    DROP POLICY IF EXISTS service ON graphile_worker.${table};
    CREATE POLICY service ON graphile_worker.${table} TO countersign_service USING (true) WITH CHECK (true);`,
  ).join('')}`;

/** What stands as a comment on the schema where this very version of it was installed. */
export function jobSchemaMark(): string {
  const { version } = createRequire(import.meta.url)('graphile-worker/package.json') as { version: string };
  return `graphile-worker ${version}, grants ${createHash('sha256').update(GRANTS).digest('hex').slice(0, 12)}`;
}

/**
 * Installs graphile-worker's own schema as the owner, and lets `countersign_service` use it without owning any of it.
 * graphile-worker enables row-level security on its tables, so a role that does not own them needs a policy to see a row.
 */
export async function installJobSchema(ownerUrl: string): Promise<void> {
  // Loaded by nobody who has nothing to install.
  const { runMigrations } = await import('graphile-worker');
  await runMigrations({ connectionString: ownerUrl, maxPoolSize: 1 });
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const {
      rows: [granted],
    } = await client.query<{ policies: number; usable: boolean }>(`
      SELECT (SELECT count(*)::int FROM pg_policies WHERE schemaname = 'graphile_worker' AND policyname = 'service') AS policies,
             bool_and(has_table_privilege('countersign_service', c.oid, 'SELECT')) AS usable
        FROM pg_class c WHERE c.relnamespace = 'graphile_worker'::regnamespace AND c.relkind IN ('r', 'v')`);
    if (granted!.policies !== TABLES.length || !granted!.usable) await client.query(`BEGIN; ${GRANTS}; COMMIT`);
    await client.query(`COMMENT ON SCHEMA graphile_worker IS ${pg.escapeLiteral(jobSchemaMark())}`);
  } finally {
    await client.end();
  }
}
