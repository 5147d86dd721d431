import { canonicalHash } from '../crypto/canonical-json.js';
import { read, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { PolicyDocument } from './policy.js';

export interface PolicyRow {
  readonly version: number;
  readonly document: PolicyDocument;
  readonly created_at: Date;
}

const current = read(
  'policy.current',
  sql`SELECT version, document, created_at FROM policies ORDER BY version DESC LIMIT 1`,
);

/** The newest version, or null where the tenant has set none. */
export async function readCurrentPolicy(db: TenantHandle): Promise<PolicyRow | null> {
  const [row] = await db.query<PolicyRow>(current, {});
  return row ?? null;
}

/** A version with who set it. */
export interface PolicyVersionRow extends PolicyRow {
  readonly created_by: string;
}

const versions = read(
  'policy.versions',
  sql`
  SELECT version, document, created_at, created_by FROM policies
   WHERE :before::int IS NULL OR version < :before ORDER BY version DESC LIMIT :most`,
);

/** Versions that were set, newest first; those before one, where it is given. */
export async function listPolicyVersions(
  db: TenantHandle,
  page: { before: number | null; most: number },
): Promise<PolicyVersionRow[]> {
  return db.query<PolicyVersionRow>(versions, page);
}

const replace = write(
  'policy.replace',
  sql`
  WITH replaced AS (
    INSERT INTO policies (version, document, created_by)
    SELECT :version::int + 1, :document::jsonb, :author
     WHERE coalesce((SELECT max(version) FROM policies), 0) = :version
    ON CONFLICT DO NOTHING
    RETURNING version, document, created_at
  ), logged AS (
    INSERT INTO events (type, about, data)
    SELECT ${eventRow('policy.changed', null, {
      version: sql`version`,
      by: sql`:author::text`,
      documentHash: sql`:documentHash::text`,
    })} FROM replaced
  )
  SELECT * FROM replaced`,
);

/** Adds the version after `version`; null where that is no longer the newest. */
export async function replacePolicy(
  db: TenantHandle,
  version: number,
  document: PolicyDocument,
  author: string,
): Promise<PolicyRow | null> {
  const text = JSON.stringify(document);
  const [row] = await db.query<PolicyRow>(replace, {
    version,
    document: text,
    documentHash: canonicalHash(JSON.parse(text)),
    author,
  });
  return row ?? null;
}
