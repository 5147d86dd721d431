import { type Fragment, read, sql, type Statement } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { liveCall } from './call.transition.js';
import type { Sight } from './call-owner.policy.js';
import { CALL_COLUMNS, type CallWithKeyRow } from './calls.store.js';

/** What narrows a list of calls; null where it does not. */
export interface CallListQuery {
  readonly customerId: string | null;
  readonly agentId: string | null;
  readonly team: string | null;
  readonly externalId: string | null;
  readonly externalSystem: string | null;
  readonly live: boolean | null;
  readonly before: string | null;
  readonly most: number;
}

const NARROWED = sql`(:customerId::text IS NULL OR customer_id = :customerId) AND (:agentId::text IS NULL OR agent_id = :agentId)
       AND (:team::text IS NULL OR agent_department = :team) AND (:externalId::text IS NULL OR external_id = :externalId)
       AND (:externalSystem::text IS NULL OR external_system = :externalSystem)
       AND (:before::uuid IS NULL OR id < :before)`;

const withKeys = (calls: Fragment): Fragment => sql`
  SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (${calls}) k LEFT JOIN customers c ON c.id = k.customer_id
   ORDER BY k.id DESC`;

const newest = (whose: Fragment): Fragment => sql`
    SELECT ${CALL_COLUMNS} FROM calls WHERE ${whose} AND ${NARROWED} AND (NOT :ended::boolean OR NOT (${liveCall(sql`calls`)}))
     ORDER BY id DESC LIMIT :most`;

const listFrom = <Name extends string>(name: Name, whose: Fragment): Statement<`calls.${Name}`> =>
  read(`calls.${name}`, withKeys(newest(whose)));

const MINE = sql`agent_id = :me`;
const MY_TEAMS = sql`agent_department = :myTeam`;
const SEEN = sql`(${MINE} OR transfer_to = :me OR ${MY_TEAMS})`;

const LISTS = {
  all: listFrom('list', sql`true`),
  ofCustomer: listFrom('listOfCustomer', sql`customer_id = :customerId`),
  ofAgent: listFrom('listOfAgent', sql`agent_id = :agentId`),
  ofTeam: listFrom('listOfTeam', sql`agent_department = :team`),
  byExternalId: listFrom('listByExternalId', sql`external_id = :externalId`),
  seenOfAgent: listFrom('listSeenOfAgent', sql`agent_id = :agentId AND ${SEEN}`),
  seenOfTeam: listFrom('listSeenOfTeam', sql`agent_department = :team AND ${SEEN}`),
  // One's own and one's team's: each is read by its index, and what is both is one.
  seen: read(
    'calls.listSeen',
    withKeys(sql`SELECT * FROM ((${newest(MINE)}) UNION (${newest(MY_TEAMS)})) mine ORDER BY id DESC LIMIT :most`),
  ),
};

// Live calls are few, and have an index of their own: the many that ended are not looked through for them.
const live = read(
  'calls.listLive',
  withKeys(sql`
    WITH live AS MATERIALIZED (
      SELECT ${CALL_COLUMNS} FROM calls
       WHERE ended_at IS NULL AND expires_at > '-infinity' AND expires_at > now() AND ${NARROWED} AND (:all::boolean OR ${SEEN})
    )
    SELECT * FROM live ORDER BY id DESC LIMIT :most`),
);

/**
 * Calls, newest first, by the index of what narrows most. Whoever names a customer, or a call by the id that another system
 * has for it, finds all of them; else, only those within sight.
 */
export async function listCalls(db: TenantHandle, query: CallListQuery, sight: Sight): Promise<CallWithKeyRow[]> {
  const { customerId, agentId, team, externalId } = query;
  const seen = sight.all ? { me: '', myTeam: null } : { me: sight.me, myTeam: sight.team };
  const named = customerId !== null || externalId !== null;
  const values = { ...query, ...seen, ended: query.live === false, all: sight.all || named };
  if (query.live) return db.query<CallWithKeyRow>(live, values);
  if (externalId !== null) return db.query<CallWithKeyRow>(LISTS.byExternalId, values);
  if (customerId !== null) return db.query<CallWithKeyRow>(LISTS.ofCustomer, values);
  if (agentId !== null) return db.query<CallWithKeyRow>(sight.all ? LISTS.ofAgent : LISTS.seenOfAgent, values);
  if (team !== null) return db.query<CallWithKeyRow>(sight.all ? LISTS.ofTeam : LISTS.seenOfTeam, values);
  return db.query<CallWithKeyRow>(sight.all ? LISTS.all : LISTS.seen, values);
}
