import { statement, type TenantHandle } from '../platform/tenant-database.js';

const issue = statement('letters.issue', `
  WITH change AS (
    SELECT id, customer_id FROM changes WHERE id = :changeId AND status = 'held' AND expires_at > now() FOR UPDATE
  ), voided AS (
    UPDATE letters l SET voided_at = now() FROM change WHERE l.change_id = change.id AND l.used_at IS NULL AND l.voided_at IS NULL RETURNING l.id
  ), issued AS (
    INSERT INTO letters (change_id, customer_id, code_mac, issued_by, expires_at, attempts_left)
    SELECT change.id, change.customer_id, :codeMac, :author, now() + make_interval(secs => :letterSeconds), :attempts FROM change, (SELECT count(*) FROM voided) settled
    RETURNING id, change_id, customer_id, expires_at
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT 'countersign.letter.issued', 'chg', change_id, customer_id, jsonb_build_object('expiresAt', expires_at, 'by', :author::text) FROM issued
  )
  SELECT expires_at FROM issued`);

/** Issues a letter for a held change, in place of an earlier one; null where the change is not held. */
export async function issueLetter(db: TenantHandle, values: { changeId: string; codeMac: Buffer; author: string; letterSeconds: number; attempts: number }): Promise<{ expires_at: Date } | null> {
  const [row] = await db.query<{ expires_at: Date }>(issue, values);
  return row ?? null;
}

export interface OpenLetterRow {
  readonly id: string;
  readonly change_id: string;
  readonly code_mac: Buffer;
}

const open = statement('letters.open', `
  SELECT l.id, l.change_id, l.code_mac FROM letters l JOIN changes ch ON ch.id = l.change_id AND ch.status = 'held' AND ch.expires_at > now()
   WHERE l.customer_id = :customerId AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0 ORDER BY l.id LIMIT 20`);

/** Letters whose code would still be accepted. */
export async function listOpenLetters(db: TenantHandle, customerId: string): Promise<OpenLetterRow[]> {
  return db.query<OpenLetterRow>(open, { customerId });
}

// The change is held until the letter has been used: a release never races past it.
const use = statement('letters.use', `
  WITH change AS (
    SELECT id FROM changes WHERE id = :changeId AND status = 'held' AND expires_at > now() FOR SHARE
  ), used AS (
    UPDATE letters l SET used_at = clock_timestamp() FROM change
     WHERE l.id = :id AND l.change_id = change.id AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0
    RETURNING l.change_id, l.customer_id
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT 'countersign.letter.used', 'chg', change_id, customer_id, '{}'::jsonb FROM used
  )
  SELECT change_id FROM used`);

/** Spends a letter, once; false where something else was first. */
export async function useLetter(db: TenantHandle, id: string, changeId: string): Promise<boolean> {
  return (await db.query(use, { id, changeId })).length === 1;
}

// A wrong code counts against every letter that it could have been for.
const miss = statement('letters.miss', `
  WITH missed AS (
    UPDATE letters SET attempts_left = attempts_left - 1, voided_at = CASE WHEN attempts_left <= 1 THEN now() END
     WHERE customer_id = :customerId AND used_at IS NULL AND voided_at IS NULL AND attempts_left > 0
    RETURNING change_id, customer_id, attempts_left
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT CASE WHEN attempts_left = 0 THEN 'countersign.letter.voided' ELSE 'countersign.letter.code_failed' END, 'chg', change_id, customer_id, jsonb_build_object('attemptsLeft', attempts_left) FROM missed
  )
  SELECT max(attempts_left) AS attempts_left FROM missed`);

/** Counts a wrong code; returns how many attempts are left, 0 where there is no letter. */
export async function missLetter(db: TenantHandle, customerId: string): Promise<number> {
  const [row] = await db.query<{ attempts_left: number | null }>(miss, { customerId });
  return row?.attempts_left ?? 0;
}
