import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Changes of banking details with their letters, and the calls that the bank owes a customer. */
export class ChangesAndCallbacks1764000006000 implements MigrationInterface {
  name = 'ChangesAndCallbacks1764000006000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE changes (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        reference text NOT NULL,
        customer_id text NOT NULL,
        subject text NOT NULL CHECK (subject IN ('payout_account', 'payee_account', 'phone_number', 'postal_address', 'email')),
        asked_through text NOT NULL CHECK (asked_through IN ('app', 'phone', 'branch', 'email', 'letter')),
        asked_by text NOT NULL,
        key_id uuid NOT NULL,
        details_sealed bytea NOT NULL,
        at_risk_amount numeric,
        at_risk_currency text,
        rules jsonb NOT NULL,
        policy_version integer NOT NULL,
        status text NOT NULL DEFAULT 'held' CHECK (status IN ('held', 'released', 'refused', 'withdrawn', 'expired', 'disputed')),
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        closed_at timestamptz,
        released_at timestamptz,
        disputed_at timestamptz,
        refused_because text,
        checks jsonb NOT NULL DEFAULT '{}',
        CHECK (approved_by IS NULL OR approved_by <> asked_by),
        CHECK (status <> 'released' OR released_at IS NOT NULL),
        PRIMARY KEY (tenant_id, id)
      );
      CREATE UNIQUE INDEX changes_by_reference ON changes (tenant_id, reference);
      CREATE INDEX changes_of_customer ON changes (tenant_id, customer_id, id DESC);
      CREATE INDEX changes_held ON changes (tenant_id, id) WHERE status = 'held';
      ALTER TABLE changes ENABLE ROW LEVEL SECURITY;
      ALTER TABLE changes FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON changes USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON changes TO countersign_service;

      -- Terminal is final; only a released change can still be disputed.
      CREATE FUNCTION refuse_leaving_closed_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a closed change does not change' USING ERRCODE = 'check_violation';
      END $$;
      CREATE TRIGGER changes_terminal BEFORE UPDATE OF status ON changes
        FOR EACH ROW WHEN (OLD.status <> 'held' AND NOT (OLD.status = 'released' AND NEW.status = 'disputed'))
        EXECUTE FUNCTION refuse_leaving_closed_change();

      CREATE TABLE letters (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL DEFAULT uuid7(),
        change_id uuid NOT NULL,
        customer_id text NOT NULL,
        code_mac bytea NOT NULL,
        issued_by text NOT NULL,
        issued_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        attempts_left integer NOT NULL,
        used_at timestamptz,
        voided_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, change_id) REFERENCES changes (tenant_id, id)
      );
      CREATE UNIQUE INDEX letters_one_open ON letters (tenant_id, change_id) WHERE used_at IS NULL AND voided_at IS NULL;
      CREATE INDEX letters_open_of_customer ON letters (tenant_id, customer_id) WHERE used_at IS NULL AND voided_at IS NULL;
      ALTER TABLE letters ENABLE ROW LEVEL SECURITY;
      ALTER TABLE letters FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON letters USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON letters TO countersign_service;

      CREATE TABLE callbacks (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        reference text NOT NULL,
        customer_id text NOT NULL,
        change_id uuid,
        about text,
        key_id uuid NOT NULL,
        reason_sealed bytea NOT NULL,
        about_sealed bytea,
        not_by text[] NOT NULL DEFAULT '{}',
        requested_by text NOT NULL,
        asked_during_call boolean NOT NULL,
        priority integer NOT NULL DEFAULT 0,
        status text NOT NULL DEFAULT 'queued'
          CHECK (status IN ('queued', 'claimed', 'verified', 'declined', 'wrong_person', 'unreachable', 'expired', 'cancelled')),
        requested_at timestamptz NOT NULL DEFAULT now(),
        on_file_before timestamptz NOT NULL,
        not_before timestamptz NOT NULL,
        not_after timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        claimed_by text,
        claimed_by_name text,
        claimed_at timestamptz,
        claimed_until timestamptz,
        contact_point_id uuid,
        call_id uuid,
        verified_via text CHECK (verified_via IN ('app', 'offline_code', 'spoken')),
        closed_by text,
        closed_at timestamptz,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, change_id) REFERENCES changes (tenant_id, id),
        FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id),
        CHECK ((status IN ('queued', 'claimed')) = (closed_at IS NULL)),
        CHECK (status <> 'verified' OR (verified_via IS NOT NULL AND closed_by IS NOT NULL))
      );
      CREATE UNIQUE INDEX callbacks_by_reference ON callbacks (tenant_id, reference);
      CREATE INDEX callbacks_open ON callbacks (tenant_id, priority DESC, due_at) WHERE closed_at IS NULL;
      CREATE INDEX callbacks_of_customer ON callbacks (tenant_id, customer_id, id DESC);
      CREATE INDEX callbacks_of_change ON callbacks (tenant_id, change_id) WHERE change_id IS NOT NULL;
      CREATE INDEX callbacks_of_call ON callbacks (tenant_id, call_id) WHERE call_id IS NOT NULL;
      ALTER TABLE callbacks ENABLE ROW LEVEL SECURITY;
      ALTER TABLE callbacks FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON callbacks USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON callbacks TO countersign_service;

      ALTER TABLE verifications
        ADD COLUMN change_id uuid,
        ADD FOREIGN KEY (tenant_id, change_id) REFERENCES changes (tenant_id, id);
      CREATE INDEX verifications_of_change ON verifications (tenant_id, change_id) WHERE change_id IS NOT NULL;
      -- One waiting per customer and kind; questions about changes are one per change, or a second request would silence the first.
      DROP INDEX verifications_one_waiting;
      CREATE UNIQUE INDEX verifications_one_waiting ON verifications (tenant_id, customer_id, kind, (CASE WHEN kind = 'change' THEN change_id END)) NULLS NOT DISTINCT
        WHERE status = 'waiting';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX verifications_one_waiting;
      CREATE UNIQUE INDEX verifications_one_waiting ON verifications (tenant_id, customer_id, kind) WHERE status = 'waiting';
      ALTER TABLE verifications DROP COLUMN change_id;
      DROP TABLE callbacks, letters, changes;
      DROP FUNCTION refuse_leaving_closed_change();
    `);
  }
}
