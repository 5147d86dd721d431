import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A process that does not migrate asks what has run, in order to refuse a schema that lacks something. The login that serves
 * is told the names, and still may not read the table.
 */
export class MigrationsTold1764000280000 implements MigrationInterface {
  name = 'MigrationsTold1764000280000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE FUNCTION applied_migrations() RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        RETURN QUERY SELECT name::text FROM public.migrations ORDER BY id;
      END $$;
      REVOKE EXECUTE ON FUNCTION applied_migrations() FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION applied_migrations() TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION applied_migrations()');
  }
}
