import { type Fragment, sql } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
/** A customer's row, held until the statement's transaction ends, with all that a question to them is decided by. */
export const HELD_CUSTOMER = sql`SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
     WHERE id = :customerId AND key_id = :keyId FOR UPDATE`;

/** The contact points that are the customer's now, as the data of an event names them. @param id SQL that names the customer. */
export const currentContactPoints = (id: Fragment): Fragment =>
  sql`(SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = ${id} AND p.former_from IS NULL)`;

/** Counts a wrong code against a customer, and locks them at the cap; `id`, `code_failures` and `locked_at` come of it. */
export function countFailure({ from, where, cap }: { from?: Fragment; where: Fragment; cap: Fragment }): Fragment {
  return sql`UPDATE customers c
       SET code_failures = c.code_failures + 1, locked_at = CASE WHEN c.code_failures + 1 >= ${cap} THEN now() END
      ${from ? sql`FROM ${from} ` : sql``}WHERE ${where} AND c.locked_at IS NULL
    RETURNING c.id, c.code_failures, c.locked_at`;
}

/** The event of a customer whom a wrong code locked. @param failed what `countFailure` gave. */
export function lockedCustomers(failed: Fragment): Fragment {
  const row = eventRow('customer.locked', sql`NULL::uuid, ${failed}.id, NULL::uuid`, {
    tellContactPoints: currentContactPoints(sql`${failed}.id`),
  });
  return sql`SELECT ${row}
      FROM ${failed} WHERE ${failed}.locked_at IS NOT NULL`;
}

/** Forgets the wrong codes of a customer who has proved to be there. */
export const forgetFailures = ({ from, where }: { from: Fragment; where: Fragment }): Fragment =>
  sql`UPDATE customers c SET code_failures = 0 FROM ${from} WHERE ${where}`;

/** Forgets the wrong codes and the unanswered questions of a customer who has confirmed one. */
export const forgetFailuresAndPrompts = ({ from, where }: { from: Fragment; where: Fragment }): Fragment =>
  sql`UPDATE customers c SET code_failures = 0, prompts_since_confirmed = 0 FROM ${from} WHERE ${where}`;

/** Sets the locale of `:customerId` where one is given, or clears it, and holds the row. */
export const SET_LOCALE = sql`UPDATE customers
       SET locale = CASE WHEN NOT :clearsLocale::boolean THEN coalesce(:locale::text, locale) END WHERE id = :customerId
    RETURNING id, key_id, wrapped_key`;

/** Lifts the lock of `:customerId`. */
export const UNLOCK = sql`UPDATE customers SET locked_at = NULL, code_failures = 0, prompts_since_confirmed = 0
     WHERE id = :customerId AND locked_at IS NOT NULL RETURNING id`;

/** Counts a question against a customer's budget. @param rested SQL: whether a day has passed since the one before. */
export function countPrompt({ from, where, rested }: { from: Fragment; where: Fragment; rested: Fragment }): Fragment {
  return sql`UPDATE customers c
       SET prompts_since_confirmed = CASE WHEN ${rested} THEN 1 ELSE c.prompts_since_confirmed + 1 END,
           recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
      FROM ${from} WHERE ${where}`;
}

/** Wraps data keys anew where they are still as they were read. Customers whom somebody holds are left out: nobody is waited for. */
export const REWRAP = sql`WITH held AS (
    SELECT c.id, g.was, g.wrapped FROM unnest(:ids::text[], :was::bytea[], :wrapped::bytea[]) AS g (id, was, wrapped)
      JOIN customers c ON c.tenant_id = current_setting('countersign.tenant') AND c.id = g.id
       FOR NO KEY UPDATE OF c SKIP LOCKED
  )
  UPDATE customers c SET wrapped_key = h.wrapped FROM held h
   WHERE c.tenant_id = current_setting('countersign.tenant') AND c.id = h.id AND c.wrapped_key = h.was
  RETURNING c.id`;
