import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of old checkpoints one an hour is kept. What they cover does not depend on them: leaves and nodes are kept for good. */
export class CheckpointsKept1764000050100 implements MigrationInterface {
  name = 'CheckpointsKept1764000050100';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE FUNCTION refuse_checkpoint_loss() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.signed_at > now() - interval '7 days' OR NOT EXISTS (
            SELECT FROM log_checkpoints c WHERE c.tenant_id = OLD.tenant_id AND c.tree_size > OLD.tree_size AND c.signed_at < date_trunc('hour', OLD.signed_at, 'UTC') + interval '1 hour') THEN
          RAISE EXCEPTION '% is append-only but for checkpoints older than 7 days that are not the last of their hour', TG_TABLE_NAME;
        END IF;
        RETURN OLD;
      END $$;
      DROP TRIGGER log_checkpoints_append_only ON log_checkpoints;
      CREATE TRIGGER log_checkpoints_append_only BEFORE UPDATE ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER log_checkpoints_kept BEFORE DELETE ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_checkpoint_loss();
      CREATE INDEX log_checkpoints_by_age ON log_checkpoints (tenant_id, signed_at);
      GRANT DELETE ON log_checkpoints TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      REVOKE DELETE ON log_checkpoints FROM countersign_service;
      DROP INDEX log_checkpoints_by_age;
      DROP TRIGGER log_checkpoints_kept ON log_checkpoints;
      DROP TRIGGER log_checkpoints_append_only ON log_checkpoints;
      DROP FUNCTION refuse_checkpoint_loss();
      CREATE TRIGGER log_checkpoints_append_only BEFORE UPDATE OR DELETE ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
    `);
  }
}
