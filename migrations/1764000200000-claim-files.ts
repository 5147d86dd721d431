import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which claim files were asked for: of whom, and for which time. What is in one is put together when it is taken out. */
export class ClaimFiles1764000200000 implements MigrationInterface {
  name = 'ClaimFiles1764000200000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE claims (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        customer_id text NOT NULL,
        from_at timestamptz NOT NULL,
        to_at timestamptz NOT NULL,
        locale text,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        CHECK (from_at < to_at)
      );
      CREATE INDEX claims_by_age ON claims (made_at);
      ALTER TABLE claims ENABLE ROW LEVEL SECURITY;
      ALTER TABLE claims FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON claims USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON claims TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE claims');
  }
}
