import type { CountRow } from '../database/kept-kind.js';
import { read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

// The tenant is named for an owner whom row-level security does not confine. One that was removed has no secret any more.
const count = read(
  'kept-webhooks.count',
  sql`
  SELECT generation, count(*)::int AS kept
    FROM webhooks w, LATERAL (SELECT DISTINCT key_generation(s) AS generation
      FROM unnest(ARRAY[w.secret_sealed, w.previous_secret_sealed]) s WHERE s <> '') g
   WHERE w.tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1`,
);

/** How many webhooks have a secret under which generation. */
export async function countSecrets(db: TenantHandle): Promise<CountRow[]> {
  return db.query<CountRow>(count, {});
}

export interface SecretsRow {
  readonly id: string;
  readonly secret_sealed: Buffer;
  readonly previous_secret_sealed: Buffer | null;
}

const next = read(
  'kept-webhooks.next',
  sql`SELECT id, secret_sealed, previous_secret_sealed FROM webhooks
       WHERE tenant_id = current_setting('countersign.tenant') AND secret_sealed <> '' AND id > :after::uuid ORDER BY id LIMIT :most`,
);

/** The secrets of webhooks, in the order of their ids. */
export async function nextSecrets(db: TenantHandle, after: string, most: number): Promise<SecretsRow[]> {
  return db.query<SecretsRow>(next, { after, most });
}

export interface ResealedSecrets {
  readonly row: SecretsRow;
  readonly sealed: Buffer;
  readonly previous: Buffer | null;
}

const reseal = write(
  'kept-webhooks.reseal',
  sql`
  WITH held AS (
    SELECT g.*
      FROM unnest(:ids::uuid[], :was::bytea[], :previousWas::bytea[], :sealed::bytea[], :previous::bytea[])
        AS g (id, was, previous_was, sealed, previous)
      JOIN webhooks w ON w.tenant_id = current_setting('countersign.tenant') AND w.id = g.id
       FOR NO KEY UPDATE OF w SKIP LOCKED
  )
  UPDATE webhooks w SET secret_sealed = h.sealed, previous_secret_sealed = h.previous FROM held h
   WHERE w.tenant_id = current_setting('countersign.tenant') AND w.id = h.id AND w.secret_sealed = h.was
     AND w.previous_secret_sealed IS NOT DISTINCT FROM h.previous_was
  RETURNING w.id`,
);

/** Writes secrets in the place of those that were read; those that were changed meanwhile stay as they are. */
export async function resealSecrets(db: TenantHandle, resealed: readonly ResealedSecrets[]): Promise<number> {
  const rows = await db.query(reseal, {
    ids: resealed.map(({ row }) => row.id),
    was: resealed.map(({ row }) => row.secret_sealed),
    previousWas: resealed.map(({ row }) => row.previous_secret_sealed),
    sealed: resealed.map(({ sealed }) => sealed),
    previous: resealed.map(({ previous }) => previous),
  });
  return rows.length;
}
