import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The Merkle tree over the event log (RFC 9162): leaves, completed subtrees, signed checkpoints, and the keys that signed. */
export class TransparencyLog1764000010000 implements MigrationInterface {
  name = 'TransparencyLog1764000010000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE log_leaves (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
        event_id uuid NOT NULL,
        leaf_hash bytea NOT NULL CHECK (length(leaf_hash) = 32),
        PRIMARY KEY (tenant_id, leaf_index)
      );
      CREATE UNIQUE INDEX log_leaves_by_event ON log_leaves (tenant_id, event_id);

      CREATE TABLE log_nodes (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        level smallint NOT NULL CHECK (level BETWEEN 1 AND 52),
        node_index bigint NOT NULL CHECK (node_index >= 0),
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (tenant_id, level, node_index)
      );

      CREATE TABLE log_checkpoints (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        tree_size bigint NOT NULL CHECK (tree_size >= 0),
        root_hash bytea NOT NULL CHECK (length(root_hash) = 32),
        key_id text NOT NULL,
        note text NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, tree_size)
      );

      CREATE TABLE log_witnessed (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        witness text NOT NULL,
        tree_size bigint NOT NULL,
        pushed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (tenant_id, witness)
      );

      CREATE TABLE signing_keys (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        key_id text NOT NULL,
        public_jwk jsonb NOT NULL,
        mac bytea NOT NULL,
        first_used_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, key_id)
      );
    `);
    for (const table of ['log_leaves', 'log_nodes', 'log_checkpoints', 'log_witnessed', 'signing_keys']) {
      await db.query(`
        ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON ${table} USING (tenant_id = current_setting('countersign.tenant', true));
        GRANT SELECT, INSERT ON ${table} TO countersign_service;
      `);
    }
    for (const table of ['log_leaves', 'log_nodes', 'log_checkpoints']) {
      await db.query(`
        CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER ${table}_no_truncate BEFORE TRUNCATE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      `);
    }
    await db.query(`
      GRANT UPDATE ON log_witnessed TO countersign_service;
      -- Evidence shows which policy a question was asked under.
      CREATE INDEX events_of_policy ON events (tenant_id, ((data ->> 'version'))) WHERE type = 'countersign.policy.changed';
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `DROP INDEX events_of_policy; DROP TABLE signing_keys, log_witnessed, log_checkpoints, log_nodes, log_leaves;`,
    );
  }
}
