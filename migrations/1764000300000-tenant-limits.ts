import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How much a bank may do in a second, beside its status; and how much is asked of it at each process, by which these share that out.
 * The latter is unlogged: it is good for a second, and a crash may empty it.
 */
export class TenantLimits1764000300000 implements MigrationInterface {
  name = 'TenantLimits1764000300000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE tenants
        -- Null where it is as for all.
        ADD COLUMN requests_per_second integer CHECK (requests_per_second BETWEEN 1 AND 1000000),
        ADD COLUMN events_per_second integer CHECK (events_per_second BETWEEN 1 AND 1000000);
      ALTER TABLE tenant_changes ADD COLUMN requests_per_second integer, ADD COLUMN events_per_second integer;
      CREATE OR REPLACE FUNCTION keep_tenant_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO tenant_changes (version, tenant_id, entry, status, requests_per_second, events_per_second, changed_by, changed_at)
        VALUES (NEW.version, NEW.id, NEW.entry, NEW.status, NEW.requests_per_second, NEW.events_per_second, NEW.changed_by, NEW.changed_at);
        RETURN NULL;
      END $$;

      CREATE UNLOGGED TABLE tenant_demands (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        process uuid NOT NULL,
        critical_per_second float8 NOT NULL CHECK (critical_per_second >= 0),
        interactive_per_second float8 NOT NULL CHECK (interactive_per_second >= 0),
        bulk_per_second float8 NOT NULL CHECK (bulk_per_second >= 0),
        told_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, process)
      );
      ALTER TABLE tenant_demands ENABLE ROW LEVEL SECURITY;
      ALTER TABLE tenant_demands FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON tenant_demands USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_demands TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP TABLE tenant_demands;
      CREATE OR REPLACE FUNCTION keep_tenant_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO tenant_changes (version, tenant_id, entry, status, changed_by, changed_at)
        VALUES (NEW.version, NEW.id, NEW.entry, NEW.status, NEW.changed_by, NEW.changed_at);
        RETURN NULL;
      END $$;
      ALTER TABLE tenant_changes DROP COLUMN requests_per_second, DROP COLUMN events_per_second;
      ALTER TABLE tenants DROP COLUMN requests_per_second, DROP COLUMN events_per_second;
    `);
  }
}
