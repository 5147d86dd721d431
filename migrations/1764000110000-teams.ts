import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Calls are listed by agent and by team, handed to a named agent, and found by the id that another system has for them. Most
 * calls, callbacks and changes have no such id, so its indexes cost them nothing.
 */
export class Teams1764000110000 implements MigrationInterface {
  name = 'Teams1764000110000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE calls ADD COLUMN transfer_to text, ADD COLUMN external_id text, ADD COLUMN external_system text;
      ALTER TABLE callbacks ADD COLUMN external_id text, ADD COLUMN external_system text;
      ALTER TABLE changes ADD COLUMN external_id text, ADD COLUMN external_system text;
      CREATE INDEX calls_of_agent ON calls (agent_id, id DESC, tenant_id);
      CREATE INDEX calls_of_team ON calls (agent_department, id DESC, tenant_id) WHERE agent_department IS NOT NULL;
      CREATE INDEX calls_by_external_id ON calls (external_id, id DESC, tenant_id) WHERE external_id IS NOT NULL;
      CREATE INDEX callbacks_by_external_id ON callbacks (external_id, id DESC, tenant_id) WHERE external_id IS NOT NULL;
      CREATE INDEX changes_by_external_id ON changes (external_id, id DESC, tenant_id) WHERE external_id IS NOT NULL;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX calls_of_agent, calls_of_team;
      ALTER TABLE calls DROP COLUMN transfer_to, DROP COLUMN external_id, DROP COLUMN external_system;
      ALTER TABLE callbacks DROP COLUMN external_id, DROP COLUMN external_system;
      ALTER TABLE changes DROP COLUMN external_id, DROP COLUMN external_system;
    `);
  }
}
