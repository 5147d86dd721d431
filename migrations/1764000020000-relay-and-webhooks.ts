import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each consumer of the event log stands, and webhooks with what is delivered to them. */
export class RelayAndWebhooks1764000020000 implements MigrationInterface {
  name = 'RelayAndWebhooks1764000020000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE event_consumers (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        name text NOT NULL,
        xid xid8 NOT NULL,
        sequence bigint NOT NULL,
        moved_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, name)
      );
      ALTER TABLE event_consumers ENABLE ROW LEVEL SECURITY;
      ALTER TABLE event_consumers FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON event_consumers USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON event_consumers TO countersign_service;

      CREATE TABLE webhooks (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL,
        url text NOT NULL,
        description text,
        types text[] NOT NULL,
        signature text NOT NULL CHECK (signature IN ('v1', 'v1a')),
        secret_sealed bytea NOT NULL,
        previous_secret_sealed bytea,
        previous_secret_until timestamptz,
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'deleted')),
        disabled_because text CHECK (disabled_because IN ('operator', 'gone', 'failing')),
        -- Events of transactions before this one are not for it.
        active_from xid8 NOT NULL DEFAULT pg_current_xact_id(),
        failing_since timestamptz,
        failing_told_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by text NOT NULL,
        -- Who sends to it just now, and until when nobody else does.
        pump uuid,
        pump_until timestamptz,
        CHECK ((status = 'disabled') = (disabled_because IS NOT NULL)),
        PRIMARY KEY (tenant_id, id)
      );
      ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
      ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON webhooks USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO countersign_service;

      CREATE TABLE webhook_deliveries (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL DEFAULT uuid7(),
        number bigint GENERATED ALWAYS AS IDENTITY,
        webhook_id uuid NOT NULL,
        event_id uuid NOT NULL,
        event_type text NOT NULL,
        subject text NOT NULL,
        cause text NOT NULL DEFAULT 'event' CHECK (cause IN ('event', 'replay', 'test')),
        status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'exhausted', 'cancelled')),
        attempts integer NOT NULL DEFAULT 0,
        -- Whoever claims it moves this on, so that it is due again if nobody says what came of it.
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        claim uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_attempt_at timestamptz,
        latency_ms integer,
        response_status integer,
        failure text,
        closed_at timestamptz,
        CHECK ((status = 'pending') = (closed_at IS NULL)),
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id)
      );
      -- An event is handed on to an endpoint once; only a replay adds to it.
      CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (tenant_id, webhook_id, event_id) WHERE cause = 'event';
      CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, webhook_id, next_attempt_at, number) WHERE status = 'pending';
      CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (tenant_id, webhook_id, subject, number) WHERE status = 'pending';
      CREATE INDEX webhook_deliveries_of ON webhook_deliveries (tenant_id, webhook_id, number DESC);
      CREATE INDEX webhook_deliveries_closed ON webhook_deliveries (tenant_id, closed_at) WHERE closed_at IS NOT NULL;
      ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
      ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON webhook_deliveries USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE webhook_deliveries, webhooks, event_consumers`);
  }
}
