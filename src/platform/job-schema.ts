import { runMigrations } from 'graphile-worker';
import pg from 'pg';

const TABLES = ['_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs'];

const GRANTS = `
  GRANT USAGE ON SCHEMA graphile_worker TO countersign_service;
  GRANT SELECT ON graphile_worker.migrations TO countersign_service;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graphile_worker TO countersign_service;
  REVOKE INSERT, UPDATE, DELETE ON graphile_worker.migrations FROM countersign_service;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA graphile_worker TO countersign_service;
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA graphile_worker TO countersign_service;
  ${TABLES.map((table) => `
    DROP POLICY IF EXISTS service ON graphile_worker.${table};
    CREATE POLICY service ON graphile_worker.${table} TO countersign_service USING (true) WITH CHECK (true);`).join('')}`;

/**
 * Installs graphile-worker's own schema as the owner, and lets `countersign_service` use it without owning any of it.
 * graphile-worker enables row-level security on its tables, so a role that does not own them needs a policy to see a row.
 */
export async function installJobSchema(ownerUrl: string): Promise<void> {
  await runMigrations({ connectionString: ownerUrl, maxPoolSize: 1 });
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows: [granted] } = await client.query<{ policies: number; usable: boolean }>(`
      SELECT (SELECT count(*)::int FROM pg_policies WHERE schemaname = 'graphile_worker' AND policyname = 'service') AS policies,
             bool_and(has_table_privilege('countersign_service', c.oid, 'SELECT')) AS usable
        FROM pg_class c WHERE c.relnamespace = 'graphile_worker'::regnamespace AND c.relkind IN ('r', 'v')`);
    if (granted!.policies !== TABLES.length || !granted!.usable) await client.query(`BEGIN; ${GRANTS}; COMMIT`);
  } finally {
    await client.end();
  }
}
