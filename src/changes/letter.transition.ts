import { type Fragment, literal, sql } from '../database/sql.js';
import { eventRow, fixedData, typeWhere } from '../events/event-row.js';
/** Whether a letter is neither used nor void; its time may have passed. */
const unspent = (l: Fragment): Fragment => sql`${l}.used_at IS NULL AND ${l}.voided_at IS NULL`;

/** Whether the code of a letter would be accepted, were its change held. */
export const openLetter = (l: Fragment): Fragment =>
  sql`${unspent(l)} AND ${l}.expires_at > now() AND ${l}.attempts_left > 0`;

/** Spends letter `:id`. `change` (id) is its change, held. */
export function useOpen(change: Fragment): Fragment {
  return sql`UPDATE letters l SET used_at = clock_timestamp() FROM ${change}
     WHERE l.id = :id AND l.change_id = ${change}.id AND ${openLetter(sql`l`)}
    RETURNING l.change_id, l.customer_id`;
}

/** Counts a wrong code against the letters that it could have been for, and voids those at the cap. Its rows are for `missedLetters`. */
export function missOpen({ from, where }: { from: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE letters l SET attempts_left = l.attempts_left - 1, voided_at = CASE WHEN l.attempts_left <= 1 THEN now() END
      FROM ${from} WHERE ${where} AND ${openLetter(sql`l`)}
    RETURNING l.change_id, l.customer_id, l.attempts_left`;
}

/** The events of letters against which a wrong code counted. */
export function missedLetters(missed: Fragment): Fragment {
  const row = eventRow(
    typeWhere(sql`attempts_left = 0`, 'letter.voided', 'letter.code_failed'),
    sql`change_id, customer_id, NULL::uuid`,
    { attemptsLeft: sql`attempts_left` },
    sql`CASE WHEN attempts_left = 0 THEN ${fixedData('letter.voided', { because: 'wrong_codes' })} ELSE '{}' END::jsonb`,
  );
  return sql`SELECT ${row} FROM ${missed}`;
}

/** Voids letters that are neither used nor void. Its rows are for `voidedLetters`. */
export function voidUnspent({ from, where }: { from: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE letters l SET voided_at = now() FROM ${from} WHERE ${where} AND ${unspent(sql`l`)}
    RETURNING l.change_id, l.customer_id, l.attempts_left, l.expires_at <= now() AS lapsed`;
}

/** The events of letters that were voided, as rows for `events`; one whose time had passed says so, whatever the occasion. */
export function voidedLetters(voided: Fragment, because: 'replaced' | 'change_closed' | 'customer_shredded'): Fragment {
  const row = eventRow('letter.voided', sql`change_id, customer_id, NULL::uuid`, {
    attemptsLeft: sql`attempts_left`,
    because: sql`CASE WHEN lapsed THEN 'expired' ELSE ${literal(because)} END`,
  });
  return sql`SELECT ${row}
      FROM ${voided}`;
}
