import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why an answer was not accepted, for its developers: ids and a word, for ten minutes. */
export class Diagnostics1764000160000 implements MigrationInterface {
  name = 'Diagnostics1764000160000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE diagnostics (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        trace_id uuid NOT NULL,
        verification_id uuid NOT NULL,
        device_id uuid,
        failed text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, trace_id)
      );
      CREATE INDEX diagnostics_by_end ON diagnostics (expires_at);
      ALTER TABLE diagnostics ENABLE ROW LEVEL SECURITY;
      ALTER TABLE diagnostics FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON diagnostics USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON diagnostics TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE diagnostics');
  }
}
