import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who holds the event log back. Anybody may see the process, login, database and application name of a session; its state
 * and age only its owner, a superuser, or a member of pg_read_all_stats, who would see everybody's statements too. So the
 * function belongs to the schema's owner, and tells what that may see, and of no statement.
 */
export class EventLogHolders1764000080100 implements MigrationInterface {
  name = 'EventLogHolders1764000080100';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE FUNCTION event_log_holders() RETURNS TABLE (kind text, pid integer, database text, login text, application text, state text, open_seconds double precision, prepared_as text)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH horizon AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::xid AS xid)
        SELECT 'session', a.pid, a.datname::text, a.usename::text, a.application_name, a.state, extract(epoch FROM clock_timestamp() - a.xact_start)::double precision, NULL
          FROM pg_stat_activity a, horizon h WHERE a.backend_xid = h.xid
        UNION ALL
        SELECT 'prepared transaction', NULL, p.database::text, p.owner::text, NULL, NULL, extract(epoch FROM clock_timestamp() - p.prepared)::double precision, p.gid
          FROM pg_prepared_xacts p, horizon h WHERE p.transaction = h.xid
      $$;
      REVOKE EXECUTE ON FUNCTION event_log_holders() FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION event_log_holders() TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION event_log_holders()');
  }
}
