import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many customers an agent has looked for in the current minute, over all processes. One row an agent. */
export class CustomerSearches1764000111000 implements MigrationInterface {
  name = 'CustomerSearches1764000111000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE search_budgets (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        agent_id text NOT NULL,
        since timestamptz NOT NULL,
        made integer NOT NULL,
        PRIMARY KEY (tenant_id, agent_id)
      );
      ALTER TABLE search_budgets ENABLE ROW LEVEL SECURITY;
      ALTER TABLE search_budgets FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON search_budgets USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON search_budgets TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE search_budgets');
  }
}
