import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Any constant will do; it lets one at a time take the statistics. */
const STATISTICS_LOCK = 7_265_011;

/**
 * Autovacuum analyses partitions, and never what they are partitions of. Whoever serves owns neither, so a function of the owner
 * does it, where the number of events has changed by a tenth since. Rows are read and written meanwhile.
 */
export class StatisticsOfTheLog1764000240000 implements MigrationInterface {
  name = 'StatisticsOfTheLog1764000240000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE FUNCTION analyze_events() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
      DECLARE
        known float8;
        found float8;
      BEGIN
        IF NOT pg_try_advisory_xact_lock(${STATISTICS_LOCK}) THEN RETURN false; END IF;
        SELECT reltuples INTO known FROM pg_class WHERE oid = 'public.events'::regclass;
        SELECT sum(greatest(c.reltuples, 0)) INTO found
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'public.events'::regclass;
        IF found = 0 OR (known >= 0 AND abs(found - known) <= greatest(1000, known / 10)) THEN RETURN false; END IF;
        -- Before version 18 the partitions are read again with it.
        EXECUTE CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'ANALYZE ONLY public.events'
                     ELSE 'ANALYZE public.events' END;
        RETURN true;
      END $$;
      REVOKE EXECUTE ON FUNCTION analyze_events() FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION analyze_events() TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION analyze_events()');
  }
}
