import { type Fragment, sql, type Statement, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow } from '../events/event-row.js';
import { COUNTED, type Counted, countLookup, RETRY_AFTER } from './lookups.store.js';

// Counted first and looked for only within the budget: who is over it learns nothing, and waits for nobody's rows but their own.
const searchBy = <Name extends string>(name: Name, what: Fragment, found: Fragment): Statement<`searches.${Name}`> =>
  write(
    `searches.${name}`,
    sql`
  WITH counted AS (
    ${countLookup(sql`true`)}
  ), found AS (
    ${found}
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('customer.searched', sql`found.id`, {
      by: sql`:agentId::text`,
      what,
      found: sql`(SELECT count(*) FROM found)`,
    })}
      FROM counted LEFT JOIN found ON true
  )
  SELECT EXISTS (SELECT FROM counted) AS allowed,
         (SELECT coalesce(array_agg(found.id ORDER BY found.id), '{}') FROM found) AS ids,
         ${COUNTED}, ${RETRY_AFTER} AS retry_after`,
  );

const byNumber = searchBy(
  'byNumber',
  sql`'number'`,
  sql`SELECT DISTINCT p.customer_id AS id FROM contact_points p
     WHERE EXISTS (SELECT FROM counted) AND p.value_hash IN (:hash, :otherHash) AND p.kind = 'phone' AND p.former_from IS NULL
     ORDER BY 1 LIMIT 100`,
);

const byId = searchBy(
  'byId',
  sql`'id'`,
  sql`SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM counted) AND c.id = :customerId`,
);

/** What a search came to; without leave, in how many seconds there is some. */
export interface SearchRow extends Counted {
  readonly ids: string[];
}

/** Who searches, and how often a minute they may. */
export interface Searcher {
  readonly agentId: string;
  readonly mostLookups: number;
}

/** Customers who have exactly this number on file now, by its keyed hashes. Counted against the agent, and logged without it. */
export async function searchByNumber(
  db: TenantHandle,
  searcher: Searcher,
  { hash, otherHash }: { hash: Buffer; otherHash: Buffer | null },
): Promise<SearchRow> {
  const [row] = await db.query<SearchRow>(byNumber, { ...searcher, hash, otherHash });
  return row!;
}

/** The customer of exactly this id. Counted and logged the same. */
export async function searchById(db: TenantHandle, searcher: Searcher, customerId: string): Promise<SearchRow> {
  const [row] = await db.query<SearchRow>(byId, { ...searcher, customerId });
  return row!;
}
