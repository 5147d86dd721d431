import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is odd about the details that a change asks for, such as a number that is costly to ring; found when it was asked for. */
export class FindingsOnChanges1764000084000 implements MigrationInterface {
  name = 'FindingsOnChanges1764000084000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE changes ADD COLUMN findings text[] NOT NULL DEFAULT '{}'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE changes DROP COLUMN findings`);
  }
}
