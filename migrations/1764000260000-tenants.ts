import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The banks that are served beside those of TENANTS, and which of either are suspended. They are of all tenants, and only the owner
 * changes them: whoever names an issuer here says whose tokens are taken.
 */
export class Tenants1764000260000 implements MigrationInterface {
  name = 'Tenants1764000260000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE tenants (
        id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9-]{0,31}$'),
        -- As an entry of TENANTS; none where it stands there, and only its status here.
        entry jsonb CHECK (jsonb_typeof(entry) = 'object' AND entry->>'id' = id),
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
        changed_by text NOT NULL DEFAULT session_user CHECK (length(changed_by) BETWEEN 1 AND 200),
        changed_at timestamptz NOT NULL DEFAULT now(),
        -- Grows with each change to any of them, in the order of commits: what a process has not seen is above what it has.
        version bigint NOT NULL UNIQUE
      );
      CREATE SEQUENCE tenants_version;
      -- What was ever changed, by whom, also by hand.
      CREATE TABLE tenant_changes (
        version bigint PRIMARY KEY,
        tenant_id text NOT NULL,
        entry jsonb,
        status text NOT NULL,
        changed_by text NOT NULL,
        changed_at timestamptz NOT NULL
      );

      CREATE FUNCTION number_tenant_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
          RAISE EXCEPTION 'a tenant is suspended and never removed: its data stays' USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
          RAISE EXCEPTION 'a tenant keeps its id: its data is under it' USING ERRCODE = 'restrict_violation';
        END IF;
        -- One at a time, until the end of the transaction.
        PERFORM pg_advisory_xact_lock(hashtext('countersign.tenants'));
        NEW.version := nextval('tenants_version');
        NEW.changed_at := clock_timestamp();
        RETURN NEW;
      END $$;
      CREATE FUNCTION keep_tenant_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO tenant_changes (version, tenant_id, entry, status, changed_by, changed_at)
        VALUES (NEW.version, NEW.id, NEW.entry, NEW.status, NEW.changed_by, NEW.changed_at);
        RETURN NULL;
      END $$;
      CREATE TRIGGER number_change BEFORE INSERT OR UPDATE OR DELETE ON tenants
        FOR EACH ROW EXECUTE FUNCTION number_tenant_change();
      CREATE TRIGGER keep_change AFTER INSERT OR UPDATE ON tenants
        FOR EACH ROW EXECUTE FUNCTION keep_tenant_change();
      CREATE TRIGGER keep_all BEFORE TRUNCATE ON tenants
        FOR EACH STATEMENT EXECUTE FUNCTION number_tenant_change();

      GRANT SELECT ON tenants TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      'DROP TABLE tenants, tenant_changes; DROP SEQUENCE tenants_version; DROP FUNCTION number_tenant_change(), keep_tenant_change();',
    );
  }
}
