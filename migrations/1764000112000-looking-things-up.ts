import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, buildPartitionedIndex } from './steps.js';

/**
 * Events are found by what they are about, but for calls, which have an index already, and for verdicts, which are about
 * nothing that has an id: what a ringing phone waits for costs no more. Questions that ended in an alarm are few among many.
 */
export class LookingThingsUp1764000112000 implements MigrationInterface {
  name = 'LookingThingsUp1764000112000';

  readonly transaction = false;

  async up(db: QueryRunner): Promise<void> {
    await buildPartitionedIndex(db, 'events_about', {
      table: 'events',
      definition: `(about_id, tenant_id) WHERE about_id IS NOT NULL AND about <> 'call'`,
      suffix: 'about_id_tenant_id_idx',
    });
    await buildIndex(
      db,
      'verifications_alarming',
      `verifications (status, id DESC, tenant_id) WHERE status IN ('denied', 'reported', 'locked')`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX events_about, verifications_alarming');
  }
}
