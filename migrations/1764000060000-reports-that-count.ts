import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which reports count for a campaign: not those of customers whom the app has only just brought up. */
export class ReportsThatCount1764000060000 implements MigrationInterface {
  name = 'ReportsThatCount1764000060000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE reports ADD COLUMN counts boolean NOT NULL DEFAULT true;
      ALTER TABLE report_indicators ADD COLUMN counts boolean NOT NULL DEFAULT true;
      -- How long the service has known anybody at all.
      CREATE INDEX customers_by_age ON customers (tenant_id, created_at);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `DROP INDEX customers_by_age; ALTER TABLE report_indicators DROP COLUMN counts; ALTER TABLE reports DROP COLUMN counts`,
    );
  }
}
