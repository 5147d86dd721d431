import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What customers report, what in it can be like other reports, and the campaigns found by that. */
export class ReportsAndCampaigns1764000030000 implements MigrationInterface {
  name = 'ReportsAndCampaigns1764000030000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      -- The id is made here, so that the order of ids is the order of the database's time, and a span of time is a span of ids.
      CREATE TABLE reports (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL DEFAULT uuid7(),
        reference text NOT NULL,
        customer_id text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('call', 'sms', 'email', 'letter', 'other')),
        claimed_number text,
        claimed_sender text,
        link_hosts text[] NOT NULL,
        shared text[] NOT NULL,
        key_id uuid NOT NULL,
        content_sealed bytea NOT NULL,
        about text,
        received_at timestamptz,
        reported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        reported_by text NOT NULL,
        campaign_id uuid,
        clustered_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      );
      CREATE UNIQUE INDEX reports_by_reference ON reports (tenant_id, reference);
      CREATE INDEX reports_of_customer ON reports (tenant_id, customer_id, id);
      CREATE INDEX reports_by_number ON reports (tenant_id, claimed_number, id) WHERE claimed_number IS NOT NULL;
      CREATE INDEX reports_of_campaign ON reports (tenant_id, campaign_id, id) WHERE campaign_id IS NOT NULL;
      CREATE INDEX reports_to_cluster ON reports (tenant_id, id) WHERE clustered_at IS NULL;
      ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
      ALTER TABLE reports FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON reports USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE (campaign_id, clustered_at) ON reports TO countersign_service;

      -- One row for each customer who reported it, however often: counting rows counts customers.
      CREATE TABLE report_indicators (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        kind text NOT NULL CHECK (kind IN ('number', 'sender', 'host', 'wording')),
        value text NOT NULL,
        customer_id text NOT NULL,
        report_id uuid NOT NULL,
        last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, kind, value, customer_id)
      );
      CREATE INDEX report_indicators_recent ON report_indicators (tenant_id, kind, value, last_seen_at);
      CREATE INDEX report_indicators_of_report ON report_indicators (tenant_id, report_id);
      CREATE INDEX report_indicators_by_age ON report_indicators (tenant_id, last_seen_at);
      ALTER TABLE report_indicators ENABLE ROW LEVEL SECURITY;
      ALTER TABLE report_indicators FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON report_indicators USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON report_indicators TO countersign_service;

      CREATE TABLE campaigns (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        closed_at timestamptz,
        reach integer NOT NULL DEFAULT 0,
        reports integer NOT NULL DEFAULT 0,
        policy_version integer NOT NULL,
        PRIMARY KEY (tenant_id, id)
      );
      CREATE INDEX campaigns_open ON campaigns (tenant_id, last_seen_at) WHERE closed_at IS NULL;
      ALTER TABLE campaigns ENABLE ROW LEVEL SECURITY;
      ALTER TABLE campaigns FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON campaigns USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON campaigns TO countersign_service;

      CREATE TABLE campaign_indicators (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        campaign_id uuid NOT NULL,
        kind text NOT NULL,
        value text NOT NULL,
        added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        closed_at timestamptz,
        PRIMARY KEY (tenant_id, campaign_id, kind, value),
        FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
      );
      -- Of two reports that open a campaign at once, one does.
      CREATE UNIQUE INDEX campaign_indicators_live ON campaign_indicators (tenant_id, kind, value) WHERE closed_at IS NULL;
      ALTER TABLE campaign_indicators ENABLE ROW LEVEL SECURITY;
      ALTER TABLE campaign_indicators FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON campaign_indicators USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON campaign_indicators TO countersign_service;

      CREATE TABLE campaign_customers (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        campaign_id uuid NOT NULL,
        customer_id text NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, customer_id)
      );
      ALTER TABLE campaign_customers ENABLE ROW LEVEL SECURITY;
      ALTER TABLE campaign_customers FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON campaign_customers USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT ON campaign_customers TO countersign_service;

      CREATE TABLE campaign_minutes (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        campaign_id uuid NOT NULL,
        minute timestamptz NOT NULL,
        reports integer NOT NULL,
        customers integer NOT NULL,
        PRIMARY KEY (tenant_id, campaign_id, minute)
      );
      ALTER TABLE campaign_minutes ENABLE ROW LEVEL SECURITY;
      ALTER TABLE campaign_minutes FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON campaign_minutes USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON campaign_minutes TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `DROP TABLE campaign_minutes, campaign_customers, campaign_indicators, campaigns, report_indicators, reports`,
    );
  }
}
