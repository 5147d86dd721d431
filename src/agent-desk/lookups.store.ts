import { type Fragment, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventType } from '../events/event-row.js';
import { RELATED } from '../verifications/customer-relations.store.js';

/** For so long an agent who has looked at a customer, and was counted for it, may look again. */
const STILL_THE_SAME = sql`interval '10 minutes'`;

/** Adds one to what `:agentId` has looked up in this minute, where `:mostLookups` leave room and the condition holds; comes of it as it is then. */
export const countLookup = (where: Fragment): Fragment =>
  sql`INSERT INTO search_budgets AS b (agent_id, since, made) SELECT :agentId, now(), 1 WHERE ${where}
    ON CONFLICT (tenant_id, agent_id) DO UPDATE
      SET made = CASE WHEN b.since <= now() - interval '1 minute' THEN 1 ELSE b.made + 1 END,
          since = CASE WHEN b.since <= now() - interval '1 minute' THEN now() ELSE b.since END
      WHERE b.since <= now() - interval '1 minute' OR b.made < :mostLookups::int
    RETURNING b.made, b.since`;

/** Where a look was counted in `counted`: how many that makes in this minute, and in how many seconds the next begins. */
export const COUNTED = sql`(SELECT c.made FROM counted c) AS made,
         (SELECT ceil(extract(epoch FROM c.since + interval '1 minute' - now()))::int FROM counted c) AS reset_seconds`;

/** In how many seconds `:agentId` may look up again. */
export const RETRY_AFTER = sql`(SELECT ceil(extract(epoch FROM b.since + interval '1 minute' - now()))::int FROM search_budgets b
           WHERE b.agent_id = :agentId)`;

/**
 * Whether `:agentId` has to do with `:customerId`, so that a look at them tries nothing: a live call, also of the team that
 * `:team` names and they supervise, a claimed callback, a held change of theirs, or a look that was counted a moment ago.
 */
export const HAS_TO_DO_WITH = sql`(
         ${RELATED}
      OR EXISTS (SELECT FROM events e WHERE e.customer_id = :customerId AND e.occurred_at > now() - ${STILL_THE_SAME}
             AND e.id >= uuid7_floor(now() - ${STILL_THE_SAME} - interval '1 minute')
             AND e.type IN (${eventType('customer.searched')}, ${eventType('customer.summary_read')}, ${eventType('notice.checked')})
             AND e.data ->> 'by' = :agentId))`;

const spend = write(
  'lookups.spend',
  sql`
  WITH related AS MATERIALIZED (
    SELECT ${HAS_TO_DO_WITH} AS free
  ), counted AS (
    ${countLookup(sql`NOT (SELECT free FROM related)`)}
  )
  SELECT (SELECT free FROM related) OR EXISTS (SELECT FROM counted) AS allowed, ${COUNTED}, ${RETRY_AFTER} AS retry_after`,
);

/** Who looks at whom; `team` where they supervise one. */
export interface Lookup {
  readonly customerId: string;
  readonly agentId: string;
  readonly team: string | null;
}

/** Whether a look was allowed, and how the agent stands. */
export interface Counted {
  readonly allowed: boolean;
  /** How many that makes in this minute; null where it was not counted. */
  readonly made: number | null;
  readonly reset_seconds: number | null;
  /** Without leave, in how many seconds there is some. */
  readonly retry_after: number | null;
}

/** Counts a look at a customer against the agent, unless they have to do with each other. */
export async function spendLookup(
  db: TenantHandle,
  lookup: Lookup & { readonly mostLookups: number },
): Promise<Counted> {
  const [row] = await db.query<Counted>(spend, { ...lookup });
  return row!;
}
