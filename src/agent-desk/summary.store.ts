import { openCallback, statusNow } from '../callbacks/callback.transition.js';
import { liveCall } from '../calls/call.transition.js';
import { SIGNALS } from '../calls/verdicts.store.js';
import { openChange } from '../changes/change.transition.js';
import { sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow } from '../events/event-row.js';
import { COUNTED, type Counted, countLookup, HAS_TO_DO_WITH, RETRY_AFTER } from './lookups.store.js';

/** What is under way with a customer; times as the database's JSON writes them. */
export interface SummaryRow extends Counted {
  readonly known: boolean;
  readonly locked_at: Date | null;
  readonly devices: { count: number; trusted: number; newest: string | null };
  readonly signals: { type: string; at: string }[];
  readonly calls: {
    id: string;
    reference: string;
    direction: string;
    agent_id: string;
    agent_name: string;
    agent_department: string | null;
    started_at: string;
    relay_suspected_at: string | null;
  }[];
  readonly changes: { id: string; reference: string; subject: string; requested_at: string; expires_at: string }[];
  readonly callbacks: {
    id: string;
    reference: string;
    status: string;
    due_at: string;
    claimed_by_name: string | null;
  }[];
  readonly verified: { id: string; kind: string; at: string } | null;
}

const MOST = sql`LIMIT 20`;

// Reading it is what is counted and logged: a statement that could not write it gives nothing.
const summary = write(
  'summary.read',
  sql`
  WITH related AS MATERIALIZED (
    SELECT :agentId::text IS NULL OR ${HAS_TO_DO_WITH} AS free
  ), counted AS (
    ${countLookup(sql`NOT (SELECT free FROM related)`)}
  ), leave AS (
    SELECT (SELECT free FROM related) OR EXISTS (SELECT FROM counted) AS given
  ), logged AS (
    INSERT INTO events (type, about, customer_id, data)
    SELECT ${eventRow('customer.summary_read', sql`:customerId`, { by: sql`:author::text` })} FROM leave WHERE given
  )
  SELECT leave.given AS allowed, ${COUNTED}, ${RETRY_AFTER} AS retry_after, c.id IS NOT NULL AS known, c.locked_at,
    (SELECT jsonb_build_object('count', count(*), 'newest', max(d.enrolled_at),
        'trusted', count(*) FILTER (WHERE d.enrolled_at <= now() - make_interval(secs => :deviceAgeSeconds)))
       FROM devices d WHERE d.customer_id = c.id AND d.revoked_at IS NULL) AS devices,
    (SELECT coalesce(jsonb_agg(s ORDER BY s.at DESC), '[]') FROM (${SIGNALS} ${MOST}) s) AS signals,
    (SELECT coalesce(jsonb_agg(k ORDER BY k.id DESC), '[]') FROM (
        SELECT k.id, k.reference, k.direction, k.agent_id, k.agent_name, k.agent_department, k.started_at, k.relay_suspected_at
          FROM calls k WHERE k.customer_id = c.id AND ${liveCall(sql`k`)} ORDER BY k.id DESC ${MOST}) k) AS calls,
    (SELECT coalesce(jsonb_agg(ch ORDER BY ch.id DESC), '[]') FROM (
        SELECT ch.id, ch.reference, ch.subject, ch.requested_at, ch.expires_at FROM changes ch
         WHERE ch.customer_id = c.id AND ${openChange(sql`ch`)} ORDER BY ch.id DESC ${MOST}) ch) AS changes,
    (SELECT coalesce(jsonb_agg(b ORDER BY b.id DESC), '[]') FROM (
        SELECT b.id, b.reference, ${statusNow(sql`b`)} AS status, b.due_at,
            CASE WHEN b.status = 'claimed' AND b.claimed_until > now() THEN b.claimed_by_name END AS claimed_by_name
          FROM callbacks b WHERE b.customer_id = c.id AND ${openCallback(sql`b`)} ORDER BY b.id DESC ${MOST}) b) AS callbacks,
    (SELECT jsonb_build_object('id', v.id, 'kind', v.kind, 'at', v.closed_at) FROM verifications v
      WHERE v.customer_id = c.id AND v.status = 'confirmed' ORDER BY v.id DESC LIMIT 1) AS verified
    FROM leave LEFT JOIN customers c ON leave.given AND c.id = :customerId`,
);

/** What is under way with a customer, counted against who looks, in one round trip; `known` is false, and there is nothing, where the bank has none of this id. */
export async function readSummary(
  db: TenantHandle,
  values: {
    customerId: string;
    author: string;
    /** Against whom it counts; null where it counts against nobody. */
    agentId: string | null;
    team: string | null;
    mostLookups: number;
    deviceAgeSeconds: number;
    windowSeconds: number;
  },
): Promise<SummaryRow> {
  const [row] = await db.query<SummaryRow>(summary, values);
  return row!;
}
