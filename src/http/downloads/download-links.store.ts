import { sql, write } from '../../database/sql.js';
import type { TenantHandle } from '../../database/tenant-database.js';

/** A link lives so long, and no longer than the token of whoever made it. */
const LIFETIME = sql`interval '60 seconds'`;

const make = write(
  'downloads.make',
  sql`
  INSERT INTO downloads (secret_hash, path_hash, subject, caller, expires_at)
  SELECT :secretHash, :pathHash, :subject, :caller::jsonb, least(now() + ${LIFETIME}, :tokenExpiresAt::timestamptz)
   WHERE (SELECT count(*) FROM downloads WHERE subject = :subject AND expires_at > now()) < :most
  RETURNING expires_at`,
);

export interface LinkToKeep {
  readonly secretHash: Buffer;
  readonly pathHash: Buffer;
  readonly subject: string;
  /** Whoever made it, as JSON. */
  readonly caller: string;
  readonly tokenExpiresAt: Date;
  /** How many that are still open one subject may have. */
  readonly most: number;
}

/** When the link ends, or null where its maker has as many as they may. */
export async function keepLink(db: TenantHandle, link: LinkToKeep): Promise<Date | null> {
  const [row] = await db.query<{ expires_at: Date }>(make, { ...link });
  return row?.expires_at ?? null;
}

const spend = write(
  'downloads.spend',
  sql`
  DELETE FROM downloads
   WHERE secret_hash = :secretHash AND path_hash = :pathHash AND expires_at > now()
     AND (:subject::text IS NULL OR subject = :subject)
  RETURNING caller`,
);

/** Whoever made the link, once; null where it is spent, late, for another path or, where a subject is given, another's. */
export async function spendLink(
  db: TenantHandle,
  link: { secretHash: Buffer; pathHash: Buffer; subject: string | null },
): Promise<object | null> {
  const [row] = await db.query<{ caller: object }>(spend, link);
  return row?.caller ?? null;
}

const forget = write(
  'downloads.forgetOld',
  sql`
  DELETE FROM downloads WHERE ctid = ANY(ARRAY(SELECT ctid FROM downloads WHERE expires_at < now() LIMIT :most))`,
);

export async function forgetOldLinks(db: TenantHandle, most: number): Promise<void> {
  await db.query(forget, { most });
}
