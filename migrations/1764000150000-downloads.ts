import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links that open one file, once. The secret is in the link alone; a row goes when it is used, or a minute later. */
export class Downloads1764000150000 implements MigrationInterface {
  name = 'Downloads1764000150000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE downloads (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        secret_hash bytea NOT NULL,
        path_hash bytea NOT NULL,
        subject text NOT NULL,
        caller jsonb NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, secret_hash)
      );
      CREATE INDEX downloads_of_subjects ON downloads (subject, expires_at);
      CREATE INDEX downloads_by_end ON downloads (expires_at);
      ALTER TABLE downloads ENABLE ROW LEVEL SECURITY;
      ALTER TABLE downloads FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON downloads USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON downloads TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE downloads');
  }
}
