import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The bank's own phone numbers, and its policy, of which every version is kept. */
export class LinesAndPolicies1764000003000 implements MigrationInterface {
  name = 'LinesAndPolicies1764000003000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE lines (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        number text NOT NULL,
        use text NOT NULL CHECK (use IN ('outbound', 'inbound_only')),
        label text NOT NULL,
        PRIMARY KEY (tenant_id, number)
      );
      ALTER TABLE lines ENABLE ROW LEVEL SECURITY;
      ALTER TABLE lines FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON lines USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON lines TO countersign_service;

      CREATE TABLE policies (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        version integer NOT NULL,
        document jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, version)
      );
      ALTER TABLE policies ENABLE ROW LEVEL SECURITY;
      ALTER TABLE policies FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON policies USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT ON policies TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE policies, lines`);
  }
}
