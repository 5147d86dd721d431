import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from './steps.js';

/**
 * Calls are listed by agent and by team, handed to a named agent, and found by the id that another system has for them. Most
 * calls, callbacks and changes have no such id, so its indexes cost them nothing.
 */
export class Teams1764000110000 implements MigrationInterface {
  name = 'Teams1764000110000';

  readonly transaction = false;

  async up(db: QueryRunner): Promise<void> {
    await db.query(
      'ALTER TABLE calls ADD COLUMN IF NOT EXISTS transfer_to text, ADD COLUMN IF NOT EXISTS external_id text, ADD COLUMN IF NOT EXISTS external_system text',
    );
    for (const table of ['callbacks', 'changes'])
      await db.query(
        `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS external_id text, ADD COLUMN IF NOT EXISTS external_system text`,
      );
    await buildIndex(db, 'calls_of_agent', 'calls (agent_id, id DESC, tenant_id)');
    await buildIndex(
      db,
      'calls_of_team',
      'calls (agent_department, id DESC, tenant_id) WHERE agent_department IS NOT NULL',
    );
    for (const table of ['calls', 'callbacks', 'changes'])
      await buildIndex(
        db,
        `${table}_by_external_id`,
        `${table} (external_id, id DESC, tenant_id) WHERE external_id IS NOT NULL`,
      );
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
