import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether anything can be written is only seen by writing. A row that fills a page makes the table longer, which a full disk
 * refuses; it is taken back at once, and autovacuum gives the page back.
 */
export class WriteProbes1764000088100 implements MigrationInterface {
  name = 'WriteProbes1764000088100';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE write_probes (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        filler text NOT NULL,
        PRIMARY KEY (tenant_id)
      );
      ALTER TABLE write_probes ALTER COLUMN filler SET STORAGE PLAIN;
      ALTER TABLE write_probes ENABLE ROW LEVEL SECURITY;
      ALTER TABLE write_probes FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON write_probes USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT INSERT ON write_probes TO countersign_service;
      CREATE FUNCTION probe_write() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        INSERT INTO public.write_probes (filler) VALUES (repeat('.', 7800));
        RAISE EXCEPTION USING ERRCODE = 'CS000';
      EXCEPTION WHEN SQLSTATE 'CS000' THEN NULL;
      END $$;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION probe_write(); DROP TABLE write_probes;');
  }
}
