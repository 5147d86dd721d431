import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How often who did what in the current minute, over all processes. Nobody is named: `whose` is a keyed hash. Unlogged: a count is good
 * for a minute, so it need not reach a disk or a standby before it is answered, and a crash may empty it.
 */
export class RateLimits1764000210000 implements MigrationInterface {
  name = 'RateLimits1764000210000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE UNLOGGED TABLE rate_limits (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        name text NOT NULL,
        whose bytea NOT NULL,
        since timestamptz NOT NULL,
        taken integer NOT NULL,
        PRIMARY KEY (tenant_id, name, whose)
      );
      ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY;
      ALTER TABLE rate_limits FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON rate_limits USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE rate_limits');
  }
}
