import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A device may be a passkey: its credential, of which relying party, and how often it has signed. */
export class Passkeys1764000171000 implements MigrationInterface {
  name = 'Passkeys1764000171000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE devices
        ADD COLUMN credential_id text,
        ADD COLUMN rp_id text,
        ADD COLUMN transports text[],
        ADD COLUMN sign_count bigint CHECK (sign_count BETWEEN 0 AND 4294967295),
        ADD CONSTRAINT devices_passkey CHECK (
          (credential_id IS NULL) = (rp_id IS NULL) AND (credential_id IS NULL) = (transports IS NULL)
          AND (credential_id IS NULL) = (sign_count IS NULL) AND (credential_id IS NULL OR platform = 'web'));
      CREATE UNIQUE INDEX devices_live_credential ON devices (credential_id, tenant_id)
        WHERE credential_id IS NOT NULL AND revoked_at IS NULL;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE devices DROP CONSTRAINT devices_passkey, DROP COLUMN sign_count, DROP COLUMN transports, DROP COLUMN rp_id,
        DROP COLUMN credential_id;
    `);
  }
}
