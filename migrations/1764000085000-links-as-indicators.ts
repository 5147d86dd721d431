import type { MigrationInterface, QueryRunner } from 'typeorm';

/** At a host where everybody can have a page, reports are alike by the page and not by the host. */
export class LinksAsIndicators1764000085000 implements MigrationInterface {
  name = 'LinksAsIndicators1764000085000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE report_indicators DROP CONSTRAINT report_indicators_kind_check;
      ALTER TABLE report_indicators ADD CONSTRAINT report_indicators_kind_check CHECK (kind IN ('number', 'sender', 'host', 'link', 'wording'));
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DELETE FROM report_indicators WHERE kind = 'link';
      ALTER TABLE report_indicators DROP CONSTRAINT report_indicators_kind_check;
      ALTER TABLE report_indicators ADD CONSTRAINT report_indicators_kind_check CHECK (kind IN ('number', 'sender', 'host', 'wording'));
    `);
  }
}
