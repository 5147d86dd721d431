import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What customers report, what the bank sent and what it dialled is deleted once policy says so, and never while it is new. */
export class Retention1764000060100 implements MigrationInterface {
  name = 'Retention1764000060100';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      GRANT DELETE ON call_records, notices, notice_recipients, reports, campaigns, campaign_indicators, campaign_customers, campaign_minutes TO countersign_service;
      -- Whoever takes over the service's login cannot delete what is new, whatever the policy says.
      CREATE POLICY aged ON call_records AS RESTRICTIVE FOR DELETE USING (recorded_at < now() - interval '30 days');
      CREATE POLICY aged ON notices AS RESTRICTIVE FOR DELETE USING (sent_at < now() - interval '30 days' AND registered_at < now() - interval '30 days');
      CREATE POLICY aged ON reports AS RESTRICTIVE FOR DELETE USING (reported_at < now() - interval '30 days');
      CREATE POLICY aged ON campaigns AS RESTRICTIVE FOR DELETE USING (closed_at < now() - interval '30 days');
      -- Rows come in by time, and notices' ids begin with it: these cost an import next to nothing.
      CREATE INDEX call_records_by_age ON call_records USING brin (tenant_id, recorded_at) WITH (pages_per_range = 32);
      CREATE INDEX notice_recipients_of_notice ON notice_recipients USING brin (tenant_id, notice_id) WITH (pages_per_range = 32);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX call_records_by_age, notice_recipients_of_notice;
      DROP POLICY aged ON call_records; DROP POLICY aged ON notices; DROP POLICY aged ON reports; DROP POLICY aged ON campaigns;
      REVOKE DELETE ON call_records, notices, notice_recipients, reports, campaigns, campaign_indicators, campaign_customers, campaign_minutes FROM countersign_service;
    `);
  }
}
