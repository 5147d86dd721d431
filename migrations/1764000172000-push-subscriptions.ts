import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a customer's apps and browsers are told to open, and the one push that may wait for each. */
export class PushSubscriptions1764000172000 implements MigrationInterface {
  name = 'PushSubscriptions1764000172000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE push_subscriptions (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        customer_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('webpush', 'fcm', 'apns')),
        key_id uuid NOT NULL,
        address_sealed bytea NOT NULL,
        address_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- A push waits where more were wanted than were served; several that wait are one.
        wanted bigint NOT NULL DEFAULT 0,
        served bigint NOT NULL DEFAULT 0,
        attempts integer NOT NULL DEFAULT 0,
        -- Whoever takes a push up moves this on, so that it is due again if nobody says what came of it.
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id) ON DELETE CASCADE,
        CHECK (served <= wanted)
      );
      CREATE UNIQUE INDEX push_subscriptions_by_address ON push_subscriptions (address_hash, tenant_id);
      CREATE INDEX push_subscriptions_of_customer ON push_subscriptions (customer_id, id);
      ALTER TABLE push_subscriptions ENABLE ROW LEVEL SECURITY;
      ALTER TABLE push_subscriptions FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON push_subscriptions USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON push_subscriptions TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE push_subscriptions`);
  }
}
