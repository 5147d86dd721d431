import { type Fragment, read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { EventRow } from './event.js';
import { WHOSE } from './event-filter.js';
import { eventType } from './event-row.js';

/**
 * Whether an event happened in a call of `:agentId`, or of `:team`, as far as each is given: whoever has the call as it is
 * read, had it before, or was offered it. The same in SQL as `wants` says it of a row.
 */
export const OF_AGENT_OR_TEAM: Fragment = sql`
  EXISTS (SELECT FROM calls k WHERE k.id = events.call_id
    AND (:agentId::text IS NULL OR k.agent_id = :agentId OR data ->> 'from' = :agentId
      OR (type = ${eventType('call.transferred')} AND data ->> 'to' = :agentId))
    AND (:team::text IS NULL OR k.agent_department = :team OR data ->> 'fromTeam' = :team))`;

const ofCalls = read(
  'whose.ofCalls',
  sql`SELECT id, agent_id, agent_department FROM calls WHERE id = ANY(:callIds::uuid[])`,
);

/** Sets of each event whose the call is in which it happened, in one round trip for all. */
export async function tellWhose(db: TenantHandle, rows: readonly EventRow[]): Promise<void> {
  const callIds = [...new Set(rows.flatMap(({ call_id }) => (call_id === null ? [] : [call_id])))];
  if (callIds.length === 0) return;
  const calls = await db.query<{ id: string; agent_id: string; agent_department: string | null }>(ofCalls, { callIds });
  const byId = new Map(calls.map((call) => [call.id, call]));
  for (const row of rows) {
    const call = row.call_id === null ? undefined : byId.get(row.call_id);
    if (call) WHOSE.set(row, { agentId: call.agent_id, team: call.agent_department });
  }
}
