import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A proof of possession (RFC 9449) counts once, whichever process it comes to. */
export class DpopProofs1764000101000 implements MigrationInterface {
  name = 'DpopProofs1764000101000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE dpop_proofs (
        tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
        proof bytea NOT NULL,
        used_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant_id, proof)
      );
      ALTER TABLE dpop_proofs ENABLE ROW LEVEL SECURITY;
      ALTER TABLE dpop_proofs FORCE ROW LEVEL SECURITY;
      CREATE POLICY tenant ON dpop_proofs USING (tenant_id = current_setting('countersign.tenant', true));
      GRANT SELECT, INSERT, DELETE ON dpop_proofs TO countersign_service;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE dpop_proofs');
  }
}
