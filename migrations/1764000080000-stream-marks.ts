import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was visible when events were told to streams before they had settled (docs/decisions/0071). Who resumes after one of
 * them finds here what may have come to stand before it since. A row for each such moment, not for each event.
 */
export class StreamMarks1764000080000 implements MigrationInterface {
  name = 'StreamMarks1764000080000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE stream_marks (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        -- Of the snapshot, so that snapshots are found, and stand in the order of what they see.
        ceiling xid8 NOT NULL,
        horizon xid8 NOT NULL,
        running integer NOT NULL,
        snapshot pg_snapshot NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, ceiling, horizon, running)
      );
      CREATE INDEX stream_marks_by_age ON stream_marks (made_at, tenant_id);
      ALTER TABLE stream_marks ENABLE ROW LEVEL SECURITY;
      ALTER TABLE stream_marks FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON stream_marks USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON stream_marks TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE stream_marks');
  }
}
