import type { MigrationInterface, QueryRunner } from 'typeorm';

/** First answers by Idempotency-Key, sealed because an answer may hold a code. */
export class IdempotencyKeys1764000005000 implements MigrationInterface {
  name = 'IdempotencyKeys1764000005000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE idempotency_keys (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        subject text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        claim uuid NOT NULL,
        claimed_until timestamptz NOT NULL,
        response_sealed bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, subject, key)
      );
      CREATE INDEX idempotency_keys_by_age ON idempotency_keys (tenant_id, created_at);
      ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
      ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON idempotency_keys USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE idempotency_keys`);
  }
}
