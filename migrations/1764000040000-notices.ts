import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the bank really sends, and to whom. */
export class Notices1764000040000 implements MigrationInterface {
  name = 'Notices1764000040000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE notices (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        reference text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('sms', 'email', 'letter', 'app')),
        sender text,
        summary text NOT NULL,
        text text,
        links text[] NOT NULL DEFAULT '{}',
        account_details jsonb,
        sent_at timestamptz NOT NULL,
        recipients integer NOT NULL DEFAULT 0,
        registered_by text NOT NULL,
        registered_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      );
      CREATE UNIQUE INDEX notices_by_reference ON notices (tenant_id, reference);
      CREATE INDEX notices_by_time ON notices (tenant_id, sent_at DESC);
      ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
      ALTER TABLE notices FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON notices USING (tenant_id = current_setting('countersign.tenant', true));
      -- What was sent was sent: only the count of recipients grows.
      GRANT SELECT, INSERT, UPDATE (recipients) ON notices TO countersign_service;

      -- By customer first, because checks ask for one customer's notices; the one index keeps 70,000 of them quick to take in.
      CREATE TABLE notice_recipients (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        customer_id text NOT NULL,
        notice_id uuid NOT NULL,
        PRIMARY KEY (tenant_id, customer_id, notice_id),
        FOREIGN KEY (tenant_id, notice_id) REFERENCES notices (tenant_id, id)
      );
      ALTER TABLE notice_recipients ENABLE ROW LEVEL SECURITY;
      ALTER TABLE notice_recipients FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON notice_recipients USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT ON notice_recipients TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE notice_recipients, notices`);
  }
}
