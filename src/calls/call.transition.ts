import { type Fragment, sql } from '../database/sql.js';
import { eventRowWith, fixedData } from '../events/event-row.js';
/** Whether a call goes on. */
export const liveCall = (k: Fragment): Fragment => sql`${k}.ended_at IS NULL AND ${k}.expires_at > now()`;

/** Ends calls. One whose time has passed lapsed when it had, whoever finds it so. Its rows are for `endedCalls`. */
export function endCalls({ from, where }: { from?: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE calls k SET ended_at = least(now(), k.expires_at) ${from ? sql`FROM ${from} ` : sql``}WHERE ${where}
    AND k.ended_at IS NULL
    RETURNING k.id, k.customer_id, k.expires_at <= now() AS lapsed`;
}

/** The events of calls that ended, as rows for `events`. @param data SQL: what is said of one that was in time still. */
export function endedCalls(ended: Fragment, data: Fragment): Fragment {
  const lapsed = fixedData('call.ended', { because: 'lapsed' });
  return sql`SELECT ${eventRowWith('call.ended', sql`id, customer_id, id`, sql`CASE WHEN lapsed THEN ${lapsed} ELSE ${data} END`)}
      FROM ${ended}`;
}

/** Whether `:agentId` may take a call over: it is theirs, was handed to them, or is of `:teamToTakeFrom`, which they supervise. */
const takeable = (k: Fragment): Fragment =>
  sql`(${k}.agent_id = :agentId OR ${k}.transfer_to = :agentId OR ${k}.agent_department = :teamToTakeFrom::text)`;

/** Hands a live call of `:owner`, or anybody's where that is null, to `:to`, who has yet to take it over. */
export const HAND_OVER = sql`UPDATE calls k SET transfer_to = :to WHERE k.id = :id AND ${liveCall(sql`k`)}
      AND (k.agent_id = :owner OR :owner::text IS NULL OR k.agent_department = :teamToTakeFrom::text)
    RETURNING k.id, k.customer_id, k.agent_id, k.agent_department`;

/** Makes `:agentId` the agent of live call `:id`. */
export function takeOver(where: Fragment): Fragment {
  return sql`UPDATE calls k SET agent_id = :agentId, agent_name = :agentName, agent_department = :agentDepartment, transfer_to = NULL
     WHERE k.id = :id AND ${liveCall(sql`k`)} AND ${takeable(sql`k`)} AND ${where}
    RETURNING k.id, k.customer_id`;
}

/** Marks calls that somebody else seems to hold in the customer's name, each once. Its rows are for `relayedCalls`. */
export function markRelay({ from, where }: { from?: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE calls k SET relay_suspected_at = now() ${from ? sql`FROM ${from} ` : sql``}WHERE ${where}
    AND k.relay_suspected_at IS NULL
    RETURNING k.id, k.customer_id`;
}

/** The alarm about calls that were marked. */
export function relayedCalls(marked: Fragment, shownBy: 'answer' | 'verdict'): Fragment {
  const data = sql`${fixedData('call.relay_suspected', { shownBy })}::jsonb`;
  return sql`SELECT ${eventRowWith('call.relay_suspected', sql`id, customer_id, id`, data)}
    FROM ${marked}`;
}
