import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Declared calls, and verifications: one table for everything that a customer is asked. */
export class CallsAndVerifications1764000004000 implements MigrationInterface {
  name = 'CallsAndVerifications1764000004000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE calls (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        reference text NOT NULL,
        customer_id text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('outbound', 'inbound')),
        line text,
        key_id uuid NOT NULL,
        purpose_sealed bytea NOT NULL,
        agent_id text NOT NULL,
        agent_name text NOT NULL,
        agent_department text,
        declared_by text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        relay_suspected_at timestamptz,
        PRIMARY KEY (tenant_id, id)
      );
      CREATE UNIQUE INDEX calls_by_reference ON calls (tenant_id, reference);
      CREATE INDEX calls_open ON calls (tenant_id, customer_id) WHERE ended_at IS NULL;
      CREATE INDEX calls_to_lapse ON calls (tenant_id, expires_at) WHERE ended_at IS NULL;
      CREATE INDEX calls_of_customer ON calls (tenant_id, customer_id, id DESC);
      ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
      ALTER TABLE calls FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON calls USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON calls TO countersign_service;

      CREATE TABLE verifications (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        customer_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('call', 'change', 'callback')),
        status text NOT NULL DEFAULT 'waiting'
          CHECK (status IN ('waiting', 'confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked')),
        call_id uuid,
        direction text CHECK (direction IN ('outbound', 'inbound')),
        key_id uuid NOT NULL,
        display_sealed bytea NOT NULL,
        display_time timestamptz,
        challenge text NOT NULL,
        asks text[] NOT NULL,
        code_mac bytea,
        attempts_used integer NOT NULL DEFAULT 0,
        attempts_allowed integer NOT NULL,
        policy_version integer NOT NULL,
        started_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        closed_at timestamptz,
        device_id uuid,
        answer text CHECK (answer IN ('yes', 'no')),
        answer_reason text,
        answer_sealed bytea,
        handset jsonb,
        findings text[] NOT NULL DEFAULT '{}',
        CHECK ((status = 'waiting') = (closed_at IS NULL)),
        CHECK (status <> 'confirmed' OR (answer = 'yes' AND device_id IS NOT NULL)),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id)
      );
      CREATE UNIQUE INDEX verifications_one_waiting ON verifications (tenant_id, customer_id, kind) WHERE status = 'waiting';
      CREATE INDEX verifications_to_lapse ON verifications (tenant_id, expires_at) WHERE status = 'waiting';
      CREATE INDEX verifications_of_customer ON verifications (tenant_id, customer_id, created_at);
      CREATE INDEX verifications_of_call ON verifications (tenant_id, call_id, id DESC) WHERE call_id IS NOT NULL;
      ALTER TABLE verifications ENABLE ROW LEVEL SECURITY;
      ALTER TABLE verifications FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON verifications USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON verifications TO countersign_service;

      -- Terminal is final, also for a statement that forgot its condition.
      CREATE FUNCTION refuse_leaving_terminal() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a closed verification does not change' USING ERRCODE = 'check_violation';
      END $$;
      CREATE TRIGGER verifications_terminal BEFORE UPDATE ON verifications
        FOR EACH ROW WHEN (OLD.status <> 'waiting') EXECUTE FUNCTION refuse_leaving_terminal();
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE verifications, calls; DROP FUNCTION refuse_leaving_terminal();`);
  }
}
