import { type Fragment, sql } from '../database/sql.js';
import { eventRowWith, fixedData, typeByStatus } from '../events/event-row.js';
/** Whether a change is held, and may still be proved. */
export const openChange = (ch: Fragment): Fragment => sql`${ch}.status = 'held' AND ${ch}.expires_at > now()`;

/** Closes a held change as `:status`, which `nextStep` or a person decided on the locked row. */
export const CLOSE_AS_DECIDED = sql`UPDATE changes ch
       SET status = :status, closed_at = clock_timestamp(), refused_because = :because,
           released_at = CASE WHEN :status = 'released' THEN clock_timestamp() END
     WHERE ch.id = :id AND ch.status = 'held'
    RETURNING ch.id, ch.customer_id, ch.subject, ch.reference`;

/** Takes held changes back; one whose time has passed expires. Its rows are for `withdrawnChanges`. */
export function withdrawHeld({ from, where }: { from: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE changes ch SET status = CASE WHEN ch.expires_at <= now() THEN 'expired' ELSE 'withdrawn' END, closed_at = now()
      FROM ${from} WHERE ${where} AND ch.status = 'held' RETURNING ch.id, ch.customer_id, ch.status`;
}

/** The events of changes that were taken back together with their customer's data. */
export function withdrawnChanges(closed: Fragment, because: 'customer_shredded'): Fragment {
  const types = typeByStatus('change', ['withdrawn', 'expired'], sql`status`);
  return sql`SELECT ${eventRowWith(types, sql`id, customer_id, NULL::uuid`, sql`${fixedData(types.among, { because })}::jsonb`)}
    FROM ${closed}`;
}

/** Whether a release is recent enough to be disputed: 13 months (PSD2, Directive (EU) 2015/2366, article 71). */
export const inTimeToDispute = (ch: Fragment): Fragment => sql`${ch}.released_at > now() - interval '13 months'`;

/** Marks a released change as disputed, while there is time. */
export const DISPUTE = sql`UPDATE changes ch SET status = 'disputed', disputed_at = now()
     WHERE ch.id = :id AND ch.status = 'released' AND ${inTimeToDispute(sql`ch`)}
    RETURNING id, customer_id, subject, reference, released_at`;

/** Records the approval of an agent who did not ask for the change, once. */
export const APPROVE = sql`UPDATE changes ch SET approved_by = :agentId, approved_at = clock_timestamp()
     WHERE ch.id = :id AND ${openChange(sql`ch`)} AND ch.approved_by IS NULL AND ch.asked_by <> :agentId
    RETURNING ch.id, ch.customer_id`;

/** Records what an outside check said, whatever has become of the change. */
export const RECORD_CHECK = sql`UPDATE changes SET checks = checks || jsonb_build_object(:kind::text, :result::jsonb) WHERE id = :id
  RETURNING id, customer_id`;
