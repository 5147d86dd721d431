import { type Fragment, literal, sql } from '../database/sql.js';
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
  return sql`SELECT 'countersign.call.ended', 'call', id, customer_id, id,
           CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE ${data} END FROM ${ended}`;
}

/** Marks calls that somebody else seems to hold in the customer's name, each once. Its rows are for `relayedCalls`. */
export function markRelay({ from, where }: { from?: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE calls k SET relay_suspected_at = now() ${from ? sql`FROM ${from} ` : sql``}WHERE ${where}
    AND k.relay_suspected_at IS NULL
    RETURNING k.id, k.customer_id`;
}

/** The alarm about calls that were marked. */
export function relayedCalls(marked: Fragment, shownBy: 'answer' | 'verdict'): Fragment {
  return sql`SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id, ${literal(JSON.stringify({ shownBy }))}::jsonb
    FROM ${marked}`;
}
