import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when the coverage of a line, of a team, or of all calls is low. */
export class CoverageByLineAndTeam1764000060200 implements MigrationInterface {
  name = 'CoverageByLineAndTeam1764000060200';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE coverage_falls
        ADD COLUMN scope text NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'line', 'team')),
        ADD COLUMN name text NOT NULL DEFAULT '',
        ADD CHECK ((scope = 'all') = (name = '')),
        DROP CONSTRAINT coverage_falls_pkey,
        ADD PRIMARY KEY (tenant_id, scope, name);
      ALTER TABLE coverage_falls ALTER COLUMN scope DROP DEFAULT, ALTER COLUMN name DROP DEFAULT;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DELETE FROM coverage_falls WHERE scope <> 'all';
      ALTER TABLE coverage_falls DROP CONSTRAINT coverage_falls_pkey, DROP COLUMN scope, DROP COLUMN name, ADD PRIMARY KEY (tenant_id);
    `);
  }
}
