import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the telephone system says that it dialled, and whether that was declared. */
export class CallRecords1764000041000 implements MigrationInterface {
  name = 'CallRecords1764000041000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      -- The number that was dialled is compared when a record comes in, and kept in no form.
      CREATE TABLE call_records (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        record_id text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('outbound', 'inbound')),
        line text NOT NULL,
        team text,
        started_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL,
        call_id uuid,
        declared_by text CHECK (declared_by IN ('number', 'time')),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CHECK (ended_at >= started_at),
        CHECK ((call_id IS NULL) = (declared_by IS NULL)),
        CHECK (direction = 'outbound' OR call_id IS NULL),
        PRIMARY KEY (tenant_id, record_id),
        FOREIGN KEY (tenant_id, call_id) REFERENCES calls (tenant_id, id)
      );
      CREATE INDEX call_records_outbound ON call_records (tenant_id, started_at DESC, record_id DESC) WHERE direction = 'outbound';
      CREATE INDEX call_records_of_call ON call_records (tenant_id, call_id) WHERE call_id IS NOT NULL;
      -- Where only line and time tell, one declaration covers one call and not a whole switchboard.
      CREATE UNIQUE INDEX call_records_one_by_time ON call_records (tenant_id, call_id) WHERE declared_by = 'time';
      ALTER TABLE call_records ENABLE ROW LEVEL SECURITY;
      ALTER TABLE call_records FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON call_records USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT ON call_records TO countersign_service;

      CREATE INDEX calls_outbound_by_time ON calls (tenant_id, started_at) WHERE direction = 'outbound';

      -- Since when coverage is under the floor, so that a fall is told once.
      CREATE TABLE coverage_falls (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        low_since timestamptz,
        PRIMARY KEY (tenant_id)
      );
      ALTER TABLE coverage_falls ENABLE ROW LEVEL SECURITY;
      ALTER TABLE coverage_falls FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON coverage_falls USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, UPDATE ON coverage_falls TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP INDEX calls_outbound_by_time; DROP TABLE coverage_falls, call_records`);
  }
}
