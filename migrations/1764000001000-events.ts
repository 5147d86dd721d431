import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The append-only log. `xid` lets a reader tail it by transaction snapshot, so that a late commit is never skipped. */
export class Events1764000001000 implements MigrationInterface {
  name = 'Events1764000001000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE events (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        id uuid NOT NULL DEFAULT uuid7(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        type text NOT NULL CHECK (type ~ '^countersign\\.[a-z_]+\\.[a-z_]+$'),
        about text NOT NULL CHECK (about ~ '^[a-z]{3,8}$'),
        about_id uuid,
        customer_id text,
        call_id uuid,
        data jsonb NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, id)
      );
      CREATE INDEX events_by_commit ON events (tenant_id, xid, sequence);
      CREATE INDEX events_of_call ON events (tenant_id, call_id, xid, sequence) WHERE call_id IS NOT NULL;
      CREATE INDEX events_of_customer ON events (tenant_id, customer_id, occurred_at);
      CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      ALTER TABLE events ENABLE ROW LEVEL SECURITY;
      ALTER TABLE events FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON events USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT ON events TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE events`);
  }
}
