import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns that stood behind the one that goes: the way back puts them there again. */
const AFTER_CLAIM = [
  ['created_at', 'timestamptz NOT NULL DEFAULT now()'],
  ['last_attempt_at', 'timestamptz'],
  ['latency_ms', 'integer'],
  ['response_status', 'integer'],
  ['failure', 'text'],
  ['closed_at', 'timestamptz'],
] as const;

/** Of each subject only the oldest pending delivery is ever due; the database itself allows no second. */
export class DeliveryHeads1764000050000 implements MigrationInterface {
  name = 'DeliveryHeads1764000050000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE webhook_deliveries
        -- Only whoever pumps the endpoint moves it: from arrived to head or behind, and from behind to head when the head ends.
        ADD COLUMN place text NOT NULL DEFAULT 'arrived' CHECK (place IN ('arrived', 'behind', 'head')),
        -- The webhook, while it is pending.
        ADD COLUMN queue uuid GENERATED ALWAYS AS (CASE WHEN status = 'pending' THEN webhook_id END) STORED,
        DROP COLUMN claim;
      DROP INDEX webhook_deliveries_due, webhook_deliveries_in_order;
      -- Before a table was ever analysed all of its indexes look alike to the planner. So each of these can serve one
      -- question only: what one of them requires to be not null, a statement has to compare in order to use it.
      CREATE INDEX webhook_deliveries_arrived ON webhook_deliveries (tenant_id, queue, number) WHERE queue IS NOT NULL AND place = 'arrived';
      CREATE UNIQUE INDEX webhook_deliveries_head ON webhook_deliveries (tenant_id, queue, subject) WHERE queue IS NOT NULL AND place = 'head' AND subject IS NOT NULL;
      CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, queue, next_attempt_at, number) WHERE queue IS NOT NULL AND place = 'head' AND next_attempt_at IS NOT NULL;
      CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (tenant_id, queue, subject, number) WHERE queue IS NOT NULL AND subject IS NOT NULL;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      DROP INDEX webhook_deliveries_due, webhook_deliveries_head, webhook_deliveries_arrived, webhook_deliveries_in_order;
      ALTER TABLE webhook_deliveries DROP COLUMN queue, DROP COLUMN place, ADD COLUMN claim uuid;
      ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_check;
      DROP INDEX webhook_deliveries_closed;
      ${AFTER_CLAIM.map(
        ([
          column,
          type,
        ]) => `ALTER TABLE webhook_deliveries RENAME COLUMN ${column} TO moved; ALTER TABLE webhook_deliveries ADD COLUMN ${column} ${type};
        UPDATE webhook_deliveries SET ${column} = moved; ALTER TABLE webhook_deliveries DROP COLUMN moved;`,
      ).join('\n      ')}
      ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_check CHECK ((status = 'pending') = (closed_at IS NULL));
      CREATE INDEX webhook_deliveries_closed ON webhook_deliveries (tenant_id, closed_at) WHERE closed_at IS NOT NULL;
      CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, webhook_id, next_attempt_at, number) WHERE status = 'pending';
      CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (tenant_id, webhook_id, subject, number) WHERE status = 'pending';
    `);
  }
}
