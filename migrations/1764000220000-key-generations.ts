import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the service's keys follow from: a root for each generation, wrapped once for each master key that opens it. They are
 * of all tenants, and only the owner changes them.
 */
export class KeyGenerations1764000220000 implements MigrationInterface {
  name = 'KeyGenerations1764000220000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE key_generations (
        generation integer PRIMARY KEY CHECK (generation > 0),
        -- Nothing is written under it before, so that every process knows it when something is.
        used_from timestamptz NOT NULL
      );
      CREATE TABLE key_slots (
        generation integer NOT NULL REFERENCES key_generations ON DELETE CASCADE,
        -- The name of the master key, no secret.
        master_key text NOT NULL CHECK (master_key ~ '^[0-9a-f]{16}$'),
        wrapped_root bytea NOT NULL,
        PRIMARY KEY (generation, master_key)
      );
      GRANT SELECT ON key_generations, key_slots TO countersign_service;

      -- The generation of keys under which something is kept, as src/crypto/key-generation.ts writes it.
      CREATE FUNCTION key_generation(kept bytea) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
        CASE WHEN length(kept) <> 32 AND length(kept) >= 5 AND get_byte(kept, 0) = 2
             THEN (get_byte(kept, 1) << 24) | (get_byte(kept, 2) << 16) | (get_byte(kept, 3) << 8) | get_byte(kept, 4)
             ELSE 1 END;
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP FUNCTION key_generation(bytea); DROP TABLE key_slots, key_generations;');
  }
}
