import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An answer that is kept for an Idempotency-Key may hold what is destroyed with its customer's key: it has to be found then. */
export class KeysOfCustomers1764000090000 implements MigrationInterface {
  name = 'KeysOfCustomers1764000090000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE idempotency_keys ADD COLUMN customer_id text;
      CREATE INDEX idempotency_keys_of_customers ON idempotency_keys (customer_id) WHERE customer_id IS NOT NULL;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE idempotency_keys DROP COLUMN customer_id;');
  }
}
