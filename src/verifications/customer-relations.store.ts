import { liveCall } from '../calls/call.transition.js';
import { openChange } from '../changes/change.transition.js';
import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

/** Whether `:agentId` has something under way with `:customerId`; `:team` is the one that they supervise. */
export const RELATED = sql`EXISTS (SELECT FROM calls k WHERE k.customer_id = :customerId AND ${liveCall(sql`k`)}
             AND (k.agent_id = :agentId OR k.transfer_to = :agentId OR k.agent_department = :team::text))
      OR EXISTS (SELECT FROM callbacks b WHERE b.customer_id = :customerId AND b.status = 'claimed' AND b.claimed_by = :agentId
             AND b.claimed_until > now())
      OR EXISTS (SELECT FROM changes ch WHERE ch.customer_id = :customerId AND ${openChange(sql`ch`)}
             AND (ch.asked_by = :agentId OR ch.approved_by = :agentId))`;

const related = read('relations.related', sql`SELECT ${RELATED} AS related`);

/** Whether an agent has something under way with a customer: a live call, a claimed callback, or a change that is held. */
export async function isRelated(
  db: TenantHandle,
  values: { customerId: string; agentId: string; team: string | null },
): Promise<boolean> {
  const [row] = await db.query<{ related: boolean }>(related, values);
  return row!.related;
}
