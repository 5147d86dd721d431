import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addCheck, makeTable } from './steps.js';

/**
 * A call is declared on a channel: until now all were phone calls. And a handset tells once what became of a verdict: the row
 * says that it has, and holds nothing about anybody; what it told is in the log (docs/decisions/0097, 0098).
 */
export class ChannelsAndFeedback1764000130000 implements MigrationInterface {
  name = 'ChannelsAndFeedback1764000130000';

  readonly transaction = false;

  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE calls ADD COLUMN IF NOT EXISTS channel text NOT NULL DEFAULT 'phone'`);
    await addCheck(db, { table: 'calls', name: 'calls_channel_check', check: `channel IN ('phone', 'in_app')` });
    await makeTable(
      db,
      'verdict_feedback',
      `
      CREATE TABLE verdict_feedback (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        verdict_id uuid NOT NULL,
        given_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, verdict_id)
      );
      CREATE INDEX verdict_feedback_by_age ON verdict_feedback (given_at, tenant_id);
      ALTER TABLE verdict_feedback ENABLE ROW LEVEL SECURITY;
      ALTER TABLE verdict_feedback FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON verdict_feedback USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON verdict_feedback TO countersign_service;
    `,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE verdict_feedback; ALTER TABLE calls DROP COLUMN channel;');
  }
}
