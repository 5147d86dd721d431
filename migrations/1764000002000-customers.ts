import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Customers with their wrapped data key, their contact points and their devices. Deleting the customer row destroys the key. */
export class Customers1764000002000 implements MigrationInterface {
  name = 'Customers1764000002000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE customers (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id text NOT NULL CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
        key_id uuid NOT NULL,
        wrapped_key bytea NOT NULL,
        locale text,
        code_failures integer NOT NULL DEFAULT 0,
        locked_at timestamptz,
        prompts_since_confirmed integer NOT NULL DEFAULT 0,
        recent_prompts timestamptz[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id)
      );
      ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
      ALTER TABLE customers FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON customers USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON customers TO countersign_service;

      CREATE TABLE contact_points (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL DEFAULT uuid7(),
        customer_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('phone')),
        value_sealed bytea NOT NULL,
        value_hash bytea NOT NULL,
        since timestamptz NOT NULL,
        former_from timestamptz,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id) ON DELETE CASCADE
      );
      CREATE UNIQUE INDEX contact_points_current ON contact_points (tenant_id, customer_id, kind, value_hash) WHERE former_from IS NULL;
      CREATE INDEX contact_points_of_customer ON contact_points (tenant_id, customer_id);
      CREATE INDEX contact_points_by_value ON contact_points (tenant_id, value_hash);
      ALTER TABLE contact_points ENABLE ROW LEVEL SECURITY;
      ALTER TABLE contact_points FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON contact_points USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON contact_points TO countersign_service;

      CREATE TABLE devices (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        customer_id text NOT NULL,
        name_sealed bytea NOT NULL,
        platform text NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
        public_key jsonb NOT NULL,
        key_thumbprint text NOT NULL,
        offline_sealed bytea,
        bank_proof_step bigint,
        bank_proof_call_id uuid,
        customer_proof_step bigint,
        enrolled_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id) ON DELETE CASCADE
      );
      CREATE UNIQUE INDEX devices_live_key ON devices (tenant_id, customer_id, key_thumbprint) WHERE revoked_at IS NULL;
      CREATE INDEX devices_of_customer ON devices (tenant_id, customer_id);
      ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
      ALTER TABLE devices FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON devices USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON devices TO countersign_service;

      CREATE TABLE enrolment_proofs (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        jti text NOT NULL,
        used_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, jti)
      );
      ALTER TABLE enrolment_proofs ENABLE ROW LEVEL SECURITY;
      ALTER TABLE enrolment_proofs FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON enrolment_proofs USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON enrolment_proofs TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE enrolment_proofs, devices, contact_points, customers`);
  }
}
