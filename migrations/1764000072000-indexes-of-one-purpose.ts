import type { MigrationInterface, QueryRunner } from 'typeorm';

const BUDGET = `(customer_id, kind, (CASE WHEN kind = 'change' THEN change_id END), tenant_id) NULLS NOT DISTINCT`;

/**
 * Small partial indexes serve only the statements that say so.
 *
 * Of past calls and questions there are millions, of live ones few, and statistics may have last been taken when there
 * were none. The planner then holds reading a whole index of live rows to be free, and takes any of them. A condition
 * that is always true and that only the intended statements state keeps the others away (docs/decisions/0060).
 */
export class IndexesOfOnePurpose1764000072000 implements MigrationInterface {
  name = 'IndexesOfOnePurpose1764000072000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX calls_to_lapse, verifications_to_lapse, verifications_one_waiting, verifications_of_customer;
      CREATE INDEX calls_to_lapse ON calls (expires_at, tenant_id) WHERE ended_at IS NULL AND expires_at > '-infinity';
      CREATE INDEX verifications_to_lapse ON verifications (expires_at, tenant_id) WHERE status = 'waiting' AND expires_at > '-infinity';
      CREATE UNIQUE INDEX verifications_one_waiting ON verifications ${BUDGET} WHERE status = 'waiting' AND customer_id > '';
      CREATE INDEX verifications_of_customer ON verifications (customer_id, id DESC, tenant_id);
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX calls_to_lapse, verifications_to_lapse, verifications_one_waiting, verifications_of_customer;
      CREATE INDEX calls_to_lapse ON calls (expires_at, tenant_id) WHERE ended_at IS NULL;
      CREATE INDEX verifications_to_lapse ON verifications (expires_at, tenant_id) WHERE status = 'waiting';
      CREATE UNIQUE INDEX verifications_one_waiting ON verifications ${BUDGET} WHERE status = 'waiting';
      CREATE INDEX verifications_of_customer ON verifications (customer_id, created_at, tenant_id);
    `);
  }
}
