import { read, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { openChange } from './change.transition.js';
import { missedLetters, missOpen, openLetter, useOpen, voidedLetters, voidUnspent } from './letter.transition.js';

const issue = write(
  'letters.issue',
  sql`
  WITH change AS (
    SELECT ch.id, ch.customer_id FROM changes ch WHERE ch.id = :changeId AND ${openChange(sql`ch`)} FOR UPDATE
  ), voided AS (
    ${voidUnspent({ from: sql`change`, where: sql`l.change_id = change.id` })}
  ), issued AS (
    INSERT INTO letters (change_id, customer_id, code_mac, issued_by, expires_at, attempts_left)
    SELECT change.id, change.customer_id, :codeMac, :author, now() + make_interval(secs => :letterSeconds), :attempts
      FROM change, (SELECT count(*) FROM voided) settled
    RETURNING id, change_id, customer_id, expires_at
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${voidedLetters(sql`voided`, 'replaced')}
    UNION ALL
    SELECT ${eventRow('letter.issued', sql`change_id, customer_id, NULL`, {
      expiresAt: sql`expires_at`,
      by: sql`:author::text`,
    })} FROM issued
  )
  SELECT expires_at FROM issued`,
);

/** Issues a letter for a held change, in place of an earlier one; null where the change is not held. */
export async function issueLetter(
  db: TenantHandle,
  values: { changeId: string; codeMac: Buffer; author: string; letterSeconds: number; attempts: number },
): Promise<{ expires_at: Date } | null> {
  const [row] = await db.query<{ expires_at: Date }>(issue, values);
  return row ?? null;
}

export interface OpenLetterRow {
  readonly id: string;
  readonly change_id: string;
  readonly code_mac: Buffer;
}

const open = read(
  'letters.open',
  sql`
  SELECT l.id, l.change_id, l.code_mac FROM letters l JOIN changes ch ON ch.id = l.change_id AND ${openChange(sql`ch`)}
   WHERE l.customer_id = :customerId AND ${openLetter(sql`l`)} ORDER BY l.id LIMIT 20`,
);

/** Letters whose code would still be accepted. */
export async function listOpenLetters(db: TenantHandle, customerId: string): Promise<OpenLetterRow[]> {
  return db.query<OpenLetterRow>(open, { customerId });
}

// The change is held until the letter has been used: a release never races past it.
const use = write(
  'letters.use',
  sql`
  WITH change AS (
    SELECT ch.id FROM changes ch WHERE ch.id = :changeId AND ${openChange(sql`ch`)} FOR SHARE
  ), used AS (
    ${useOpen(sql`change`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('letter.used', sql`change_id, customer_id`, {})} FROM used
  )
  SELECT change_id FROM used`,
);

/** Spends a letter, once; false where something else was first. */
export async function useLetter(db: TenantHandle, id: string, changeId: string): Promise<boolean> {
  return (await db.query(use, { id, changeId })).length === 1;
}

// A wrong code counts against every letter that it could have been for.
const miss = write(
  'letters.miss',
  sql`
  WITH missed AS (
    ${missOpen({ from: sql`changes ch`, where: sql`l.customer_id = :customerId AND ch.id = l.change_id AND ${openChange(sql`ch`)}` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${missedLetters(sql`missed`)}
  )
  SELECT max(attempts_left) AS attempts_left FROM missed`,
);

/** Counts a wrong code; returns how many attempts are left, 0 where there is no letter. */
export async function missLetter(db: TenantHandle, customerId: string): Promise<number> {
  const [row] = await db.query<{ attempts_left: number | null }>(miss, { customerId });
  return row?.attempts_left ?? 0;
}
